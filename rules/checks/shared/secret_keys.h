// Keys of a Secret, as rules about their bytes need them.
#pragma once

#include <string_view>

#include "rules/rule.h"

namespace pxguard::rules {

// Of the documentation, the operator or the policy by its name; or Portworx or Stork in view reads
// it.
[[nodiscard]] bool is_key_secret(const model::SecretFacts& secret, const ContextBase& context);

// One that tokens are signed with: by its documented name in a key Secret, or because a variable
// reads it.
[[nodiscard]] bool is_signing_key(std::string_view key, const model::SecretFacts& secret,
                                  const ContextBase& context);

// Where the bytes of a key are written: stringData wins.
[[nodiscard]] model::FieldPath path_of_key(const model::Object& secret, std::string_view key);

}  // namespace pxguard::rules
