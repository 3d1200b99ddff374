// Evidence of a producer: something in view makes a Secret that is not in view, or not as a whole.
#pragma once

#include <string_view>

#include "rules/rule.h"

namespace pxguard::rules {

// By its own owners, annotations and labels, where the Secret is in view, or by an ExternalSecret,
// a SealedSecret or the source of a replicator that is.
[[nodiscard]] bool has_producer(std::string_view ns, std::string_view name,
                                const ContextBase& context);

// The operator makes it: px-user-token and px-admin-token of a secured StorageCluster in that
// namespace.
[[nodiscard]] bool is_token_of_operator(std::string_view ns, std::string_view name,
                                        const ContextBase& context);

// The operator makes it: px-system-secrets and the shared Secret of a secured StorageCluster in the
// same namespace. It adds missing keys to what exists. Source: operator component/auth.go.
[[nodiscard]] bool is_made_by_operator(std::string_view ns, const model::SecretRef& ref,
                                       const ContextBase& context);

}  // namespace pxguard::rules
