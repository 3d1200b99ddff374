// A resource of the Kubernetes API: what stands in a request's path, and the kind of its objects.
//
// Threads: any number may read.
#pragma once

#include <string>
#include <string_view>

namespace pxguard::cluster {

struct Resource {
  std::string group{};  // "" for the core group
  std::string version = "v1";
  std::string plural{};
  std::string kind{};
  bool is_namespaced = true;

  // "v1", "apps/v1"
  [[nodiscard]] std::string api_version() const;
  // "/apis/apps/v1/namespaces/kube-system/daemonsets/portworx"; an empty namespace means all of
  // them, an empty name the collection. Both are escaped.
  [[nodiscard]] std::string path(std::string_view ns, std::string_view name = {}) const;

  bool operator==(const Resource&) const = default;
};

[[nodiscard]] const Resource& cluster_roles();

}  // namespace pxguard::cluster
