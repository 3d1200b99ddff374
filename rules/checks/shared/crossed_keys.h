// A variable that reads a key named for another role: the system key from "shared-secret".
//
// A key's name alone proves nothing in a Secret of somebody's own (stork-auth/shared-secret is
// fine), so one of three things must speak for it: the Secret is a documented one, another variable
// reads another key of it, or the variable that the key is named for reads the same key.
#pragma once

#include <optional>
#include <string_view>

#include "rules/rule.h"

namespace pxguard::rules {

// What a key is for. The apps key is called stork-secret in a manual install.
enum class Role { System, Apps, Shared };

[[nodiscard]] std::optional<Role> role_of_key(std::string_view key);
[[nodiscard]] std::optional<Role> role_of_variable(model::AuthKey variable);

// `variable` is one of PORTWORX_AUTH_* that holds a secret.
bool is_crossed(const model::PortworxConfig& portworx, model::AuthKey variable,
                const ContextBase& context);
// PX_SHARED_SECRET.
bool is_crossed(const model::StorkConfig& stork, const ContextBase& context);

// Secrets whose keys have documented meanings: those of the operator, pxkeys, the policy's, and
// what selfSigned.sharedSecret names.
bool is_documented_secret(std::string_view name, const model::PortworxConfig* portworx,
                          const ContextBase& context);

}  // namespace pxguard::rules
