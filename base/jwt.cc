#include "base/jwt.h"

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "base/base64.h"
#include "base/limits.h"
#include "base/public_key.h"
#include "base/text.h"

namespace pxguard::jwt {
namespace {

struct Algorithm {
  std::string_view name;
  KeyKind kind;
  const EVP_MD* (*digest)();
  std::string_view curve{};  // of Ec: RFC 7518 section 3.4 binds each to one
  std::size_t half = 0;      // bytes of r, and of s
};

constexpr std::array<Algorithm, 9> kAlgorithms = {{
    {"HS256", KeyKind::Secret, EVP_sha256},
    {"HS384", KeyKind::Secret, EVP_sha384},
    {"HS512", KeyKind::Secret, EVP_sha512},
    {"RS256", KeyKind::Rsa, EVP_sha256},
    {"RS384", KeyKind::Rsa, EVP_sha384},
    {"RS512", KeyKind::Rsa, EVP_sha512},
    {"ES256", KeyKind::Ec, EVP_sha256, "prime256v1", 32},
    {"ES384", KeyKind::Ec, EVP_sha384, "secp384r1", 48},
    {"ES512", KeyKind::Ec, EVP_sha512, "secp521r1", 66},
}};

const Algorithm* find(std::string_view name) {
  const auto* const found =
      std::find_if(kAlgorithms.begin(), kAlgorithms.end(),
                   [name](const Algorithm& algorithm) { return algorithm.name == name; });
  return found == kAlgorithms.end() ? nullptr : &*found;
}

struct Parts {
  std::string_view header, claims, signature;
  std::string_view signed_text;  // the first two with their dot
};

std::optional<Parts> split_parts(std::string_view text) {
  const std::size_t first = text.find('.');
  const std::size_t second = first == text.npos ? text.npos : text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos) return std::nullopt;
  return Parts{text.substr(0, first), text.substr(first + 1, second - first - 1),
               text.substr(second + 1), text.substr(0, second)};
}

Result<json::Document> read_object(std::string_view part, std::string_view what) {
  const auto invalid = [what](std::string_view why) {
    return Error{Error::Code::Invalid, std::string(what) + ' ' + std::string(why)};
  };
  auto text = base64url_decode(part);
  if (!text) return invalid("of the token is not base64url");
  std::string& plain = *text;
  auto document = json::Document::parse(plain);
  OPENSSL_cleanse(plain.data(), plain.size());
  if (!document || !document->root().is_object()) return invalid("of the token is no JSON object");
  return document;
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// PEM in the place of a shared secret is a public key as likely as not: RFC 8725 section 3.1.
bool is_pem(std::string_view key) { return key.find("-----BEGIN ") != key.npos; }

Signature verify_secret(const Algorithm& algorithm, std::string_view text,
                        std::string_view signature, std::string_view key) {
  if (key.empty() || key.size() > INT_MAX || is_pem(key)) return Signature::NotApplicable;
  std::array<unsigned char, EVP_MAX_MD_SIZE> wanted{};
  unsigned int size = 0;
  if (HMAC(algorithm.digest(), key.data(), static_cast<int>(key.size()), bytes(text), text.size(),
           wanted.data(), &size) == nullptr) {
    return Signature::NotApplicable;
  }
  const bool is_valid =
      signature.size() == size && CRYPTO_memcmp(signature.data(), wanted.data(), size) == 0;
  OPENSSL_cleanse(wanted.data(), wanted.size());
  return is_valid ? Signature::Valid : Signature::Invalid;
}

// A token has r and s one behind the other; OpenSSL wants them as ASN.1. "" where they are none.
std::string as_der(std::string_view signature, std::size_t half) {
  if (signature.size() != 2 * half) return {};
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
  const int size = static_cast<int>(half);
  BIGNUM* r = BN_bin2bn(bytes(signature), size, nullptr);
  BIGNUM* s = BN_bin2bn(bytes(signature.substr(half)), size, nullptr);
  if (!pair || r == nullptr || s == nullptr || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(pair.get(), &der);
  std::string text;
  if (length > 0) text.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return text;
}

Signature verify_public(const Algorithm& algorithm, std::string_view text, std::string signature,
                        const SecretValue& pem) {
  const PublicKeyFacts facts = public_key_facts(pem);
  const bool is_ec = algorithm.kind == KeyKind::Ec;
  const auto wanted = is_ec ? PublicKeyFacts::Family::Ec : PublicKeyFacts::Family::Rsa;
  if (facts.family != wanted || (is_ec && facts.curve != algorithm.curve))
    return Signature::NotApplicable;
  const auto key = read_public_key(pem);
  if (!key) return Signature::NotApplicable;
  if (is_ec) signature = as_der(signature, algorithm.half);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  if (!context ||
      EVP_DigestVerifyInit(context.get(), nullptr, algorithm.digest(), nullptr, key.get()) != 1) {
    return Signature::NotApplicable;
  }
  const bool is_valid =
      !signature.empty() && EVP_DigestVerify(context.get(), bytes(signature), signature.size(),
                                             bytes(text), text.size()) == 1;
  return is_valid ? Signature::Valid : Signature::Invalid;
}

}  // namespace

Result<Token> Token::read(const SecretValue& text) {
  if (text.size() > limits::kToken)
    return Error{Error::Code::TooLarge, "the token is larger than a header may be"};
  const auto parts = split_parts(text.expose());
  if (!parts || !base64url_decode(parts->signature))
    return Error{Error::Code::Invalid, "the token does not have three parts in base64url"};
  auto header = read_object(parts->header, "the header");
  if (!header) return header.error();
  if (!header->root()["alg"].is_string())
    return Error{Error::Code::Invalid, "the header of the token names no algorithm"};
  auto claims = read_object(parts->claims, "the payload");
  if (!claims) return claims.error();
  return Token(std::move(header).value(), std::move(claims).value());
}

std::optional<KeyKind> Token::key_kind() const {
  const Algorithm* known = find(algorithm());
  return known == nullptr ? std::nullopt : std::optional(known->kind);
}

std::optional<std::int64_t> numeric_date(json::Value claim) {
  if (!claim.is_set()) return std::nullopt;
  if (claim.kind() != json::Kind::Integer && claim.kind() != json::Kind::Number)
    return std::nullopt;
  const double seconds = std::floor(claim.number_or(0));
  constexpr double kMost = 4e18;  // the difference of two dates fits into 64 bits
  return static_cast<std::int64_t>(std::clamp(seconds, -kMost, kMost));
}

Signature verify(const SecretValue& token, KeyKind kind, const SecretValue& key) {
  const auto read = Token::read(token);
  if (!read) return Signature::NotApplicable;
  const Algorithm* algorithm = find(read->algorithm());
  // What "crit" lists has to be understood, and nothing of it is.
  if (algorithm == nullptr || algorithm->kind != kind || read->header()["crit"])
    return Signature::NotApplicable;
  const auto parts = split_parts(token.expose());
  auto signature = base64url_decode(parts->signature);
  if (kind == KeyKind::Secret)
    return verify_secret(*algorithm, parts->signed_text, *signature, key.expose());
  ERR_set_mark();
  const Signature outcome =
      verify_public(*algorithm, parts->signed_text, std::move(*signature), key);
  ERR_pop_to_mark();
  return outcome;
}

}  // namespace pxguard::jwt
