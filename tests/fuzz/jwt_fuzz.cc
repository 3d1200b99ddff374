// Any bytes are a token or an error, any other bytes a key or none: the first line is the token,
// the rest the key. "none" and a key of the wrong kind are never valid.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/jwt.h"
#include "base/public_key.h"
#include "rules/model/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pxguard;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  const SecretValue token(text.substr(0, end));
  const SecretValue key(end == text.npos ? std::string_view{} : text.substr(end + 1));

  const PublicKeyFacts facts = public_key_facts(key);
  const bool is_key =
      facts.family == PublicKeyFacts::Family::Rsa || facts.family == PublicKeyFacts::Family::Ec;
  if ((read_public_key(key) != nullptr) != is_key) std::abort();

  const auto read = jwt::Token::read(token);
  if (read) static_cast<void>(model::TokenFacts::of(*read));
  for (const auto kind : {jwt::KeyKind::Secret, jwt::KeyKind::Rsa, jwt::KeyKind::Ec}) {
    const jwt::Signature signature = jwt::verify(token, kind, key);
    const bool is_for_it = read && read->key_kind() == kind;
    if (!is_for_it && signature != jwt::Signature::NotApplicable) std::abort();
  }
  return 0;
}
