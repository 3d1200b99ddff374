// The policy file of a command that runs once.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "rules/policy/policy.h"

namespace pxguard::cli {

// The documented defaults where `path` is "". None where the file does not do: why is on `err`, a
// line for each error.
std::optional<policy::Policy> read_policy(const std::string& path, std::ostream& err);

// Rules that the policy has not turned off.
[[nodiscard]] std::size_t enabled_rules(const policy::Policy& policy);

}  // namespace pxguard::cli
