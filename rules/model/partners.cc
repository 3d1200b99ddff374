#include "rules/model/partners.h"

#include <algorithm>
#include <map>

#include "base/limits.h"
#include "rules/model/token_reference.h"

namespace pxguard::model {

bool is_installer(const Object& object) {
  return object.kind() == "DaemonSet" || object.kind() == "StorageCluster";
}

bool is_pxd_stork(const StorkConfig& stork) {
  return stork.is_stork() && !stork.is_driver_unknown();
}

Follower Follower::of(const Object& object, const StorkConfig* stork, std::size_t pxd_storks) {
  Follower follower{.ns = object.id().ns};
  if (stork == nullptr) return follower;
  follower.is_bound = true;
  follower.portworx_namespace = stork->portworx_namespace();
  follower.is_only_stork = stork->is_stork() && pxd_storks == 1;
  return follower;
}

std::vector<DaemonSetPair> daemon_set_pairs(std::span<const PortworxConfig* const> configs) {
  using Cluster = std::pair<std::string_view, std::string_view>;
  std::map<Cluster, std::vector<const PortworxConfig*>> clusters;
  for (const PortworxConfig* config : configs) {
    const Object& object = config->object();
    if (config->is_helper() || object.kind() != "DaemonSet" || config->cluster_id().empty())
      continue;
    clusters[{object.id().ns, config->cluster_id()}].push_back(config);
  }
  std::vector<DaemonSetPair> pairs;
  for (const auto& [cluster, members] : clusters) {
    const std::size_t most = std::min(members.size(), limits::kDaemonSetsOfCluster);
    for (const auto* here : members) {
      for (const auto* there : std::span(members).first(most)) {
        if (here->object().id().name != there->object().id().name) pairs.emplace_back(here, there);
      }
    }
  }
  return pairs;
}

bool takes_token_from(const Object& object, const ObjectId& secret) {
  const auto references = token_references(object);
  return std::any_of(references.begin(), references.end(), [&secret](const auto& reference) {
    return reference.may_mean(secret.ns, secret.name);
  });
}

}  // namespace pxguard::model
