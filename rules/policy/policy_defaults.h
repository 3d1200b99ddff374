// What holds where a policy file says nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pxguard::policy {

// Where Portworx runs unless the policy says: kube-system by the documentation, portworx by the
// operator's own.
std::vector<std::string> usual_portworx_namespaces();
// The controllers of Portworx that write objects without an owner.
std::vector<std::string> trusted_controllers_in(std::span<const std::string> namespaces);
// The Secrets of an installation by the operator, and those of an installation by hand.
std::vector<std::string> readable_secrets(std::span<const std::string> key_secrets);

inline constexpr std::string_view kHashWithoutFile = "default";

}  // namespace pxguard::policy
