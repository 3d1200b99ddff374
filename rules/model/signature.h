// Whether the token of a Secret is signed with a key. Facts hold no bytes, so whoever has
// both objects asks here; the bytes are wiped before the answer is given.
//
// Threads: safe.
#pragma once

#include <cstdint>
#include <string>

#include "base/jwt.h"
#include "rules/model/object.h"

namespace pxguard::model {

enum class Signature : std::uint8_t {
  Valid,
  Invalid,  // of a kind that the key could verify, and somebody signed it with another key
  Unknown,  // no token, another algorithm, no such key, or not to be told
};

// Where a key lies: a shared secret in a Secret; a public key in a Secret or ConfigMap that is
// mounted as a file.
struct KeyPlace {
  jwt::KeyKind kind = jwt::KeyKind::Secret;
  std::string object_kind{};  // "Secret" or "ConfigMap"
  std::string ns{};
  std::string name{};
  std::string key{};
};

// `token_secret` has the token as key auth-token; `key_object` is that of `place`. White space
// around the token does not count, that in a shared secret does: Portworx takes its bytes as they
// are (openstorage pkg/auth/signature.go).
[[nodiscard]] Signature verify(const Object& token_secret, const Object& key_object,
                               const KeyPlace& place);

}  // namespace pxguard::model
