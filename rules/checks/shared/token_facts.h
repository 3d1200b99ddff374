// What the Secret of a token is worth to whoever refers to it.
#pragma once

#include <optional>
#include <string>

#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules {

// Its role is system.admin, or its group is * (all of them).
[[nodiscard]] bool is_admin_token(const model::SecretKeyFacts& token);
// Its role is known, and is not system.admin.
[[nodiscard]] bool is_no_admin_token(const model::SecretKeyFacts& token);

// Why the Secret gives no token: "no such Secret", "no key auth-token in it", "an auth-token in it
// that is no token". None where it gives one, or that is unknown, which is noted. A Secret that
// something in view makes later is not missing.
struct TokenFault {
  std::string what;
  bool is_absent = false;  // the whole Secret
};
[[nodiscard]] std::optional<TokenFault> token_fault(const ContextBase& context, std::string_view ns,
                                                    std::string_view name);

// The Secret of a literal pair; null where it is not in view, or the reference is no such pair.
[[nodiscard]] const model::SecretFacts* secret_in_view(const ContextBase& context,
                                                       const model::TokenReference& reference);
// It names px-admin-token, or a Secret in view whose token is an administrator's.
[[nodiscard]] bool is_admin_reference(const ContextBase& context,
                                      const model::TokenReference& reference);

}  // namespace pxguard::rules
