#include "cluster/resource.h"

#include "base/text.h"

namespace pxguard::cluster {

std::string Resource::api_version() const {
  return group.empty() ? version : group + '/' + version;
}

std::string Resource::path(std::string_view ns, std::string_view name) const {
  std::string path = group.empty() ? "/api/" + version : "/apis/" + group + '/' + version;
  if (is_namespaced && !ns.empty()) path += "/namespaces/" + percent_encoded(ns);
  path += '/' + plural;
  if (!name.empty()) path += '/' + percent_encoded(name);
  return path;
}

const Resource& cluster_roles() {
  static const Resource resource{.group = "rbac.authorization.k8s.io",
                                 .plural = "clusterroles",
                                 .kind = "ClusterRole",
                                 .is_namespaced = false};
  return resource;
}

}  // namespace pxguard::cluster
