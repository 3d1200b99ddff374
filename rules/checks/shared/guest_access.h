// What becomes of requests that bring no token: the guest role may answer them, until somebody
// turns it off. Source: openstorage api/server/sdk/server_interceptors.go, pkg/auth/userinfo.go;
// operator drivers/storage/portworx/component/auth.go, updateSystemGuestRole.
#pragma once

#include <optional>
#include <string_view>

#include "rules/rule.h"

namespace pxguard::rules {

// Secured, and guests are refused. A DaemonSet does not say it (it is a role inside Portworx):
// there guests count as let in, which is the default.
[[nodiscard]] bool is_guest_off(const model::PortworxConfig& portworx);
[[nodiscard]] bool is_guest_off(const model::StorageCluster& cluster);

// How bad it is that the object under review brings no token: an error where guests are refused,
// a warning where Portworx is secured. None where no token is asked for, or that is unknown, which
// is noted: to be asked only where the rule would speak.
[[nodiscard]] std::optional<Severity> weight_of_missing_token(const ContextBase& context);

// The Portworx of the object under review is known, and is not secured: nobody reads tokens.
[[nodiscard]] bool is_known_off(const ContextBase& context);
// It is secured. Notes what is unknown.
[[nodiscard]] bool is_secured(const ContextBase& context);

// Where Portworx runs: as in view, else as the policy says; "" where neither tells.
[[nodiscard]] std::string_view portworx_namespace(const ContextBase& context);

}  // namespace pxguard::rules
