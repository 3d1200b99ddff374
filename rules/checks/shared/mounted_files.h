// Files in the container of Portworx: what a path leads to.
#pragma once

#include <string>
#include <string_view>

#include "rules/rule.h"

namespace pxguard::rules {

struct MountedFile {
  enum class From {
    Nowhere,    // no mount covers the path
    Elsewhere,  // the host, or a volume of another kind: out of sight
    Secret,
    ConfigMap,
  };

  From from = From::Nowhere;
  std::string name{};  // of the Secret or ConfigMap
  std::string key{};   // the one that becomes this file
};

// Looks at volumeMounts of the container, spec.volumes of a StorageCluster, arguments -v, and
// /etc/pwx, which Portworx has from the host in any case. REQUIRES: the path begins with a slash.
[[nodiscard]] MountedFile mounted_file(const model::PortworxConfig& portworx,
                                       std::string_view path);

}  // namespace pxguard::rules
