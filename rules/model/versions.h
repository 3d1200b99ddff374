// Versions as image tags and annotations give them, and what is so since which of them. What cannot
// be read is unknown, never "old".
//
// Threads: safe.
#pragma once

#include <array>
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

inline constexpr Version kPortworxSecurity{2, 1, 0};
inline constexpr Version kPortworxAppsKey{2, 6, 0};
inline constexpr Version kStorkForAppsKey{2, 4, 5};
inline constexpr Version kStorkIssuer{2, 5, 0};
inline constexpr Version kStorkOperatorIssuer{2, 9, 0};
inline constexpr Version kStorkNfsRestore{24, 2, 1};
inline constexpr Version kStorkEmptyBackups{25, 3, 0};
inline constexpr Version kStorkWholeBackups{25, 3, 2};
inline constexpr Version kAutopilotAuth{1, 3, 2};
inline constexpr Version kOperatorSecurity{1, 4, 0};
inline constexpr Version kOperatorKeepsSecrets{1, 4, 1};
inline constexpr Version kOperatorAutopilotKey{1, 8, 0};
inline constexpr Version kOperatorGuestOff{24, 1, 0};
inline constexpr Version kOperatorAnnotates{24, 2, 3};
inline constexpr Version kKubernetesMigrates{1, 31, 0};
inline constexpr Version kKubernetesMended131{1, 31, 6};
inline constexpr Version kKubernetesNext{1, 32, 0};
inline constexpr Version kKubernetesMended132{1, 32, 2};

// What is so from a version on, and who says so. docs/versions.md shows these rows to users, and a
// test compares the two.
struct VersionFact {
  std::string_view component;
  Version since;
  std::string_view what;
  std::string_view source;
};

inline constexpr std::array<VersionFact, 18> kVersionFacts = {{
    {"Portworx", kPortworxSecurity, "has PX-Security: roles, and tokens to prove them",
     "Portworx documentation, RBAC role management using pxctl"},
    {"Portworx", kPortworxAppsKey,
     "takes tokens of apps.portworx.io (PORTWORX_AUTH_SYSTEM_APPS_KEY), and has the role of guests",
     "release notes of Portworx 2.6.0"},
    {"Stork", kStorkForAppsKey, "works with a secured Portworx 2.6 or newer",
     "release notes of Portworx 2.6.0"},
    {"Stork", kStorkIssuer,
     "reads PX_JWT_ISSUER; with one before it the operator gives Portworx the old "
     "PORTWORX_AUTH_STORK_KEY",
     "stork branch 2.5, portworx.go, Init; operator deployment.go, getEnvList"},
    {"Stork", kStorkOperatorIssuer, "accepts operator.portworx.io as PX_JWT_ISSUER",
     "stork branch 2.9, portworx.go, Init"},
    {"Stork", kStorkNfsRestore, "restores volumes of a secured cluster from NFS",
     "release notes of Stork 24.2.1; stork pull request 1728"},
    {"Stork", kStorkEmptyBackups, "leaves the data of secured volumes out of backups, in silence",
     "release notes of Stork 25.3.2, PB-11492"},
    {"Stork", kStorkWholeBackups, "backs them up again", "release notes of Stork 25.3.2, PB-11492"},
    {"Autopilot", kAutopilotAuth, "signs its calls, with PX_SHARED_SECRET",
     "release notes of Autopilot 1.3.2, PD-1047"},
    {"Operator", kOperatorSecurity, "knows spec.security, and overwrites Secrets of the user",
     "operator tag portworx-1.4.0, storagecluster.go; operator pull request 220"},
    {"Operator", kOperatorKeepsSecrets, "keeps Secrets that the user has made",
     "operator pull request 220, in tag portworx-1.4.1"},
    {"Operator", kOperatorAutopilotKey, "gives Autopilot its key",
     "release notes of operator 1.8.0; operator autopilot.go, setDefaultAutopilotSecret"},
    {"Operator", kOperatorGuestOff, "sends a token where it looks after nodes, as guests may not",
     "operator pull request 1529, in tag portworx-24.1.0"},
    {"Operator", kOperatorAnnotates, "gives in-tree volumes the annotation that names their token",
     "release notes of operator 24.2.3"},
    {"Kubernetes", kKubernetesMigrates,
     "hands in-tree volumes to the CSI driver, and loses their token",
     "kubernetes pull requests 125016 and 129630"},
    {"Kubernetes", kKubernetesMended131, "hands over the token as well",
     "kubernetes pull request 129675"},
    {"Kubernetes", kKubernetesNext, "loses the token as 1.31.0 does",
     "kubernetes pull request 129674"},
    {"Kubernetes", kKubernetesMended132,
     "hands over the token as well (the number follows from the date of the pull request)",
     "kubernetes pull request 129674"},
}};

}  // namespace pxguard::model
