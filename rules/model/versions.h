// Versions as image tags and annotations give them. What cannot be read is unknown, never "old".
//
// Threads: safe.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace pxguard::model {

struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;

  auto operator<=>(const Version&) const = default;
  [[nodiscard]] std::string display() const;
  // "2.13.4", "v2.6", "3.1.0-rc1"; none of "latest", digests and private tags.
  static std::optional<Version> parse(std::string_view tag);
};

// Portworx takes tokens of apps.portworx.io from here on (Portworx 2.6.0 release notes).
inline constexpr Version kPortworxAppsKey{2, 6, 0};
// Stork reads PX_JWT_ISSUER (stork release branches 2.5 and later).
inline constexpr Version kStorkIssuer{2, 5, 0};
// Stork accepts operator.portworx.io (stork release branches 2.9 and later).
inline constexpr Version kStorkOperatorIssuer{2, 9, 0};
// Autopilot signs its calls from here on (Autopilot 1.3.2 release notes, PD-1047).
inline constexpr Version kAutopilotAuth{1, 3, 2};
// The operator gives Autopilot its key from here on (operator 1.8.0 release notes;
// drivers/storage/portworx/component/autopilot.go, setDefaultAutopilotSecret).
inline constexpr Version kOperatorAutopilotKey{1, 8, 0};

}  // namespace pxguard::model
