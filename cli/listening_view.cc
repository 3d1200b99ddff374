#include "cli/listening_view.h"

#include <utility>

namespace pxguard::cli {

using model::Lookup;
using model::Object;

template <class T>
Lookup<T> ListeningView::noted(Lookup<T> lookup, std::string_view kind, std::string_view ns,
                               std::string_view name) const {
  if (lookup.is_absent()) absent_.emplace(kind, ns, name);
  return lookup;
}

Lookup<model::SecretFacts> ListeningView::secret(const Object& from, std::string_view ns,
                                                 std::string_view name) const {
  return noted(base_.secret(from, ns, name), "Secret", ns, name);
}

Lookup<model::SecretFacts> ListeningView::config_map(const Object& from, std::string_view ns,
                                                     std::string_view name) const {
  return noted(base_.config_map(from, ns, name), "ConfigMap", ns, name);
}

Lookup<model::PortworxConfig> ListeningView::portworx(const Object& from) const {
  return base_.portworx(from);
}

model::ClusterView::Storks ListeningView::storks(const Object& portworx) const {
  return base_.storks(portworx);
}

Lookup<Object> ListeningView::object(const Object& from, std::string_view kind, std::string_view ns,
                                     std::string_view name) const {
  return noted(base_.object(from, kind, ns, name), kind, ns, name);
}

model::ClusterView::Objects ListeningView::dependents(const Object& portworx) const {
  return base_.dependents(portworx);
}

model::ClusterView::Objects ListeningView::pods(const Object& workload) const {
  return base_.pods(workload);
}

std::vector<const model::PortworxConfig*> ListeningView::other_clusters(
    const Object& portworx) const {
  return base_.other_clusters(portworx);
}

model::ClusterView::Objects ListeningView::referrers(const Object& secret) const {
  return base_.referrers(secret);
}

bool ListeningView::has_producer(std::string_view ns, std::string_view name) const {
  return base_.has_producer(ns, name);
}

model::Signature ListeningView::signature(const Object& token_secret,
                                          const model::KeyPlace& place) const {
  return base_.signature(token_secret, place);
}

const model::SecretFacts* ListeningView::facts_of(const Object& secret) const {
  return base_.facts_of(secret);
}

bool ListeningView::compares_sent_bytes() const { return base_.compares_sent_bytes(); }

}  // namespace pxguard::cli
