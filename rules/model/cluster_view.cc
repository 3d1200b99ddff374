#include "rules/model/cluster_view.h"

#include "base/text.h"

namespace pxguard::model {

namespace {

std::string named(std::string_view kind, std::string_view ns, std::string_view name) {
  return ObjectId{.api_version = "v1",
                  .kind = std::string(kind),
                  .ns = std::string(ns),
                  .name = std::string(name)}
      .display();
}

}  // namespace

ClusterView::Objects ClusterView::pods(const Object&) const { return {}; }

bool ClusterView::has_producer(std::string_view, std::string_view) const { return false; }

const SecretFacts* ClusterView::facts_of(const Object&) const { return nullptr; }

Signature ClusterView::signature(const Object&, const KeyPlace&) const {
  return Signature::Unknown;
}

SecretFacts known_or_read(const Object& secret, const ClusterView& view) {
  const SecretFacts* known = view.facts_of(secret);
  return known != nullptr ? *known : SecretFacts::of(secret);
}

Lookup<SecretFacts> EmptyView::secret(const Object&, std::string_view ns,
                                      std::string_view name) const {
  return Lookup<SecretFacts>::unknown(named("Secret", ns, name));
}

Lookup<SecretFacts> EmptyView::config_map(const Object&, std::string_view ns,
                                          std::string_view name) const {
  return Lookup<SecretFacts>::unknown(named("ConfigMap", ns, name));
}

Lookup<PortworxConfig> EmptyView::portworx(const Object&) const {
  return Lookup<PortworxConfig>::unknown(
      "the Portworx DaemonSet or StorageCluster of this cluster");
}

ClusterView::Storks EmptyView::storks(const Object&) const { return {}; }

std::vector<const PortworxConfig*> ClusterView::other_clusters(const Object&) const { return {}; }

Lookup<Object> EmptyView::object(const Object&, std::string_view kind, std::string_view ns,
                                 std::string_view name) const {
  return Lookup<Object>::unknown(named(kind, ns, name));
}

ClusterView::Objects EmptyView::dependents(const Object&) const { return {}; }

ClusterView::Objects EmptyView::referrers(const Object&) const { return {}; }

}  // namespace pxguard::model
