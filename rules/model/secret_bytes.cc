#include "rules/model/secret_bytes.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <utility>

#include "base/base64.h"
#include "base/limits.h"
#include "base/text.h"
#include "rules/model/portworx_names.h"
#include "rules/model/setting.h"

namespace pxguard::model {
namespace {

// RFC 7518 section 3.2: a key of HS256 has at least as many bytes as its hash.
constexpr std::size_t kShort = 32;
// What Portworx's documentation makes, and the operator.
constexpr std::size_t kRecommended = 64;
// Of 32 random decimal digits nearly all ten occur; fewer than eight is a word or a pattern.
constexpr std::size_t kFewDistinct = 8;
// Anything shorter is base64 of something by chance too often.
constexpr std::size_t kShortestNested = 16;

// Keys that are printed for the world to copy: the documentation of Portworx 2.1 and 2.2 (the first
// three), the labs on katacoda, and the page jwt.io with what it fills in now and did before.
constexpr std::array<std::string_view, 6> kSamples = {
    "RmlqRSfh9",   "hnuiUDFHf",           "hn23nfsFD",
    "Sup3rs3cr3t", "your-256-bit-secret", "a-string-secret-at-least-256-bits-long"};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_sample(std::string_view bytes) {
  return std::find(kSamples.begin(), kSamples.end(), trim(bytes)) != kSamples.end();
}

bool has_few_distinct(std::string_view bytes) {
  std::bitset<256> seen;
  for (const char c : bytes) seen.set(static_cast<unsigned char>(c));
  return seen.count() < kFewDistinct;
}

// One level proves nothing: the recommended keys are base64 of random bytes themselves.
bool is_nested_base64(std::string_view bytes) {
  if (bytes.size() > limits::kPublicKey) return false;
  const auto inner = base64_bytes(bytes);
  if (!inner || inner->size() < kShortestNested) return false;
  return base64_bytes(inner->expose()).has_value();
}

void read_token(std::string_view bytes, SecretKeyFacts& facts) {
  if (bytes.size() > limits::kToken) {
    facts.token_form = SecretKeyFacts::TokenForm::TooLarge;
    return;
  }
  if (const auto token = jwt::Token::read(SecretValue(bytes))) {
    facts.token_form = SecretKeyFacts::TokenForm::Token;
    facts.token = TokenFacts::of(*token);
    return;
  }
  const auto inner = base64_bytes(bytes);
  const bool is_twice = inner && jwt::Token::read(SecretValue(trim(inner->expose())));
  facts.token_form =
      is_twice ? SecretKeyFacts::TokenForm::EncodedTwice : SecretKeyFacts::TokenForm::Other;
}

void read_public_key(const SecretValue& value, SecretKeyFacts& facts) {
  // Most values have none, and OpenSSL would look at every line of them.
  if (value.expose().find("-----BEGIN ") != std::string_view::npos)
    facts.pem = public_key_facts(value);
}

json::Value member(const Object& object, std::string_view map, std::string_view key) {
  return object.root()[map][key];
}

}  // namespace

std::optional<SecretValue> base64_bytes(std::string_view base64) {
  auto bytes = base64_decode(base64);
  if (!bytes) return std::nullopt;
  SecretValue value(*bytes);
  bytes->assign(bytes->size(), '\0');
  return value;
}

std::optional<SecretValue> bytes_of_key(const Object& object, std::string_view key) {
  const bool is_secret = object.kind() == "Secret";
  const json::Value plain = member(object, is_secret ? "stringData" : "data", key);
  if (plain.is_string()) return SecretValue(plain.text());
  const json::Value encoded = member(object, is_secret ? "data" : "binaryData", key);
  return encoded.is_string() ? base64_bytes(encoded.text()) : std::nullopt;
}

std::optional<SecretValue> token_of(const Object& secret) {
  const auto bytes = bytes_of_key(secret, kAuthTokenKey);
  if (!bytes) return std::nullopt;
  return SecretValue(trim(bytes->expose()));
}

bool is_rendered_later(std::string_view text) {
  return is_injector_reference(text) || text.starts_with("ENC[");
}

SecretKeyFacts facts_of_secret(const SecretValue& value, std::string_view key) {
  const std::string_view bytes = value.expose();
  const std::string_view inner = trim(bytes);
  SecretKeyFacts facts{.empty = bytes.empty(), .digest = keyed_digest(value)};
  facts.rendered_later = is_rendered_later(bytes);
  if (facts.empty) return facts;
  facts.ends_with_newline = bytes.back() == '\n';
  facts.outer_space = is_space(bytes.front()) || is_space(bytes.back());
  facts.inner_break = has_any_of<'\n', '\r', '\0'>(inner);
  facts.shorter_than_32 = bytes.size() < kShort;
  facts.shorter_than_64 = bytes.size() < kRecommended;
  facts.few_distinct = has_few_distinct(bytes);
  facts.known_sample = is_sample(bytes);
  facts.nested_base64 = is_nested_base64(inner);
  read_public_key(value, facts);
  if (key == kAuthTokenKey || key == kMisnamedTokenKey) read_token(inner, facts);
  return facts;
}

SecretKeyFacts facts_of_config(const SecretValue& value) {
  SecretKeyFacts facts{.empty = value.empty()};
  read_public_key(value, facts);
  return facts;
}

SecretKeyFacts facts_of_undecodable(std::string_view text) {
  SecretKeyFacts facts{.undecodable = true};
  facts.rendered_later = is_rendered_later(text);
  return facts;
}

}  // namespace pxguard::model
