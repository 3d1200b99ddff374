#include <doctest/doctest.h>
#include <openssl/err.h>

#include <string>

#include "base/jwt.h"
#include "base/limits.h"
#include "tests/support/tokens.h"

using namespace pxguard;
using namespace pxguard::test;
using jwt::KeyKind;
using jwt::Signature;
using jwt::Token;

namespace {

constexpr std::string_view kClaims = R"({"iss":"px","sub":"canary-7f3a"})";
constexpr std::string_view kKey = "canary-7f3a-a-key-for-tests-that-is-long-enough";

Result<Token> read(std::string_view text) { return Token::read(SecretValue(text)); }

Signature verify(std::string_view token, KeyKind kind, std::string_view key) {
  return jwt::verify(SecretValue(token), kind, SecretValue(key));
}

std::string with_payload(std::string_view claims) {
  return unsigned_token("HS256", claims) + ".AA";
}
std::string with_header(std::string_view header) {
  return base64url(header) + '.' + base64url(kClaims) + ".AA";
}

std::int64_t date(std::string_view number) {
  const auto token = read(with_payload(R"({"exp":)" + std::string(number) + "}"));
  REQUIRE(token.has_value());
  return jwt::numeric_date(token->claims()["exp"]).value_or(-1);
}

}  // namespace

TEST_CASE("a token gives its algorithm and claims, of two the last") {
  const auto token = read(with_payload(R"({"iss":"a","iss":"b"})"));
  REQUIRE(token.has_value());
  CHECK(token->algorithm() == "HS256");
  CHECK(token->key_kind() == KeyKind::Secret);
  CHECK(token->claims()["iss"].text() == "b");
}

TEST_CASE("a token has three parts in base64url and two JSON objects") {
  const std::string good = signed_with(kKey, kClaims);
  CHECK(read(good).has_value());
  const std::string header = good.substr(0, good.find('.'));
  CHECK(read(header + ".e30.").has_value());  // what alg none looks like
  for (const std::string& bad : {
           std::string(),
           std::string("."),
           std::string(".."),
           std::string("..."),
           std::string("canary"),
           good + ".AA",
           good + "=",
           good + "\n",
           ' ' + good,
           good + '+',
           header + ".e30",
           header + "..AA",
           header + ".e30.A",
           header + ".e3.AA",
           header + ".W10.AA",  // []
           with_payload("{"),
           with_payload("{}{}"),
           with_payload("\"text\""),
           with_payload("\xff"),
           with_header("{}"),
           with_header("[]"),
           with_header(R"({"alg":null})"),
           with_header(R"({"alg":["HS256"]})"),
           std::string("eyJh\0bGc.e30.AA", 15),
           std::string(70000, '.'),
       }) {
    const auto token = read(bad);
    REQUIRE_FALSE(token.has_value());
    CHECK(token.error().message.find("canary") == std::string::npos);
  }
}

TEST_CASE("what is too large or too deep is no token") {
  CHECK(read(std::string(limits::kToken + 1, 'A')).error().code == Error::Code::TooLarge);
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "[";
  CHECK_FALSE(read(with_payload("{\"a\":" + deep)).has_value());
  for (int i = 0; i < 1000; ++i) deep += "]";
  CHECK_FALSE(read(with_payload("{\"a\":" + deep + "}")).has_value());
}

TEST_CASE("a date is a number of seconds, with a fraction or not") {
  CHECK(date("1700000000") == 1700000000);
  CHECK(date("1700000000.9") == 1700000000);
  CHECK(date("1.7e9") == 1700000000);
  CHECK(date("-5") == -5);
  CHECK(date("1e300") == 4'000'000'000'000'000'000);
  CHECK(date("18446744073709551616") == 4'000'000'000'000'000'000);
  CHECK(date("\"1700000000\"") == -1);
  CHECK(date("null") == -1);
  CHECK(date("true") == -1);
  CHECK_FALSE(jwt::numeric_date({}).has_value());
}

TEST_CASE("a shared secret verifies its own tokens only") {
  for (const std::string_view algorithm : {"HS256", "HS384", "HS512"}) {
    const std::string token = signed_with(kKey, kClaims, algorithm);
    CHECK(verify(token, KeyKind::Secret, kKey) == Signature::Valid);
    CHECK(verify(token, KeyKind::Secret, std::string(kKey) + '\n') == Signature::Invalid);
    CHECK(verify(token.substr(0, token.size() - 4), KeyKind::Secret, kKey) == Signature::Invalid);
    CHECK(verify(token.substr(0, token.rfind('.') + 1), KeyKind::Secret, kKey) ==
          Signature::Invalid);
  }
  const std::string token = signed_with(kKey, kClaims);
  const std::string other = unsigned_token("HS256", R"({"iss":"qx"})");
  CHECK(verify(other + token.substr(token.rfind('.')), KeyKind::Secret, kKey) ==
        Signature::Invalid);
}

TEST_CASE("RSA and ECDSA keys verify their own tokens only") {
  const TestKey rsa = rsa_key();
  for (const std::string_view algorithm : {"RS256", "RS384", "RS512"}) {
    const std::string token = signed_with(rsa, kClaims, algorithm);
    CHECK(verify(token, KeyKind::Rsa, public_pem(rsa)) == Signature::Valid);
    CHECK(verify(token, KeyKind::Rsa, public_pem(rsa_key())) == Signature::Invalid);
  }
  struct Curve {
    const char* name;
    const char* algorithm;
    std::size_t half;
  };
  for (const Curve& curve :
       {Curve{"P-256", "ES256", 32}, Curve{"P-384", "ES384", 48}, Curve{"P-521", "ES512", 66}}) {
    const TestKey key = ec_key(curve.name);
    const std::string token = signed_with(key, kClaims, curve.algorithm, curve.half);
    CHECK(verify(token, KeyKind::Ec, public_pem(key)) == Signature::Valid);
    CHECK(verify(token, KeyKind::Ec, public_pem(ec_key(curve.name))) == Signature::Invalid);
    // As ASN.1, and cut short.
    CHECK(verify(signed_with(key, kClaims, curve.algorithm), KeyKind::Ec, public_pem(key)) ==
          Signature::Invalid);
    CHECK(verify(token.substr(0, token.size() - 4), KeyKind::Ec, public_pem(key)) ==
          Signature::Invalid);
  }
  const TestKey key = ec_key("P-384");
  CHECK(verify(signed_with(key, kClaims, "ES256", 48), KeyKind::Ec, public_pem(key)) ==
        Signature::NotApplicable);
}

TEST_CASE("the algorithm of a token never chooses the kind of the key") {
  const TestKey rsa = rsa_key();
  const std::string pem = public_pem(rsa);
  const std::string forged = signed_with(pem, kClaims);
  CHECK(verify(forged, KeyKind::Rsa, pem) == Signature::NotApplicable);
  CHECK(verify(forged, KeyKind::Secret, pem) == Signature::NotApplicable);
  CHECK(verify(signed_with(rsa, kClaims, "RS256"), KeyKind::Secret, pem) ==
        Signature::NotApplicable);
  CHECK(verify(signed_with(rsa, kClaims, "RS256"), KeyKind::Ec, pem) == Signature::NotApplicable);
  CHECK(verify(signed_with(rsa, kClaims, "ES256"), KeyKind::Ec, pem) == Signature::NotApplicable);
  CHECK(verify(signed_with(rsa, kClaims, "RS256"), KeyKind::Rsa, private_pem(rsa)) ==
        Signature::NotApplicable);
}

TEST_CASE("no other algorithm is ever valid") {
  for (const std::string_view algorithm :
       {"none", "None", "NONE", "", "hs256", "HS1", "PS256", "EdDSA", "RS256 "}) {
    const std::string text = unsigned_token(algorithm, kClaims);
    for (const KeyKind kind : {KeyKind::Secret, KeyKind::Rsa, KeyKind::Ec}) {
      CHECK(verify(text + '.', kind, kKey) == Signature::NotApplicable);
      CHECK(verify(text + '.', kind, "") == Signature::NotApplicable);
    }
    CHECK_FALSE(read(text + '.')->key_kind().has_value());
  }
  CHECK(verify("canary", KeyKind::Secret, kKey) == Signature::NotApplicable);
  CHECK(verify(signed_with("", kClaims), KeyKind::Secret, "") == Signature::NotApplicable);
}

TEST_CASE("what a token wants to be understood is not, and a failure leaves no error behind") {
  const std::string text =
      base64url(R"({"alg":"HS256","crit":["exp"]})") + '.' + base64url(kClaims);
  CHECK(verify(text + ".AA", KeyKind::Secret, kKey) == Signature::NotApplicable);
  ERR_clear_error();
  const TestKey rsa = rsa_key();
  const std::string token = signed_with(rsa, kClaims, "RS256");
  CHECK(verify(token + "AAAA", KeyKind::Rsa, public_pem(rsa)) == Signature::Invalid);
  CHECK(ERR_peek_error() == 0);
}

TEST_CASE("the examples of RFC 7515 verify") {
  const auto hmac_key = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  REQUIRE(hmac_key.has_value());
  const std::string payload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
      "VlfQ";
  const std::string a1 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload +
                         ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  CHECK(verify(a1, KeyKind::Secret, *hmac_key) == Signature::Valid);
  CHECK(read(a1)->claims()["iss"].text() == "joe");
  CHECK(jwt::numeric_date(read(a1)->claims()["exp"]) == 1300819380);

  const std::string a3 = "eyJhbGciOiJFUzI1NiJ9." + payload +
                         ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKT"
                         "UJqPP3-Kg6NU1Q";
  const std::string_view pem =
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
      "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
      "-----END PUBLIC KEY-----\n";
  CHECK(verify(a3, KeyKind::Ec, pem) == Signature::Valid);

  // RFC 7519 section 6.1: an unsecured token.
  const std::string unsecured = "eyJhbGciOiJub25lIn0." + payload + '.';
  CHECK(read(unsecured)->algorithm() == "none");
  CHECK(verify(unsecured, KeyKind::Secret, *hmac_key) == Signature::NotApplicable);
}
