// What puts Secrets into a cluster that no manifest shows: external-secrets, sealed-secrets and
// replicators. Where one of them makes a Secret, the files prove nothing about its keys.
// Sources: external-secrets.io API reference (ExternalSecret, ClusterExternalSecret);
// bitnami-labs/sealed-secrets, mittwald/kubernetes-replicator, emberstack/kubernetes-reflector and
// kubed (appscode), README files.
//
// Threads: safe.
#pragma once

#include <string_view>

#include "rules/model/object.h"

namespace pxguard::model {

// An ExternalSecret, a SealedSecret, or a Secret that a replicator copies to other namespaces.
[[nodiscard]] bool is_secret_producer(const Object& object);

// The name of the Secret that it makes.
[[nodiscard]] std::string_view made_secret_name(const Object& producer);
// Whether such an object makes the Secret of this namespace and name. An absent namespace may be
// any; to which namespaces a replicator copies is not looked into.
[[nodiscard]] bool makes_secret(const Object& producer, std::string_view ns, std::string_view name);

// By its owners, annotations and labels one of them made this Secret, or fills it.
[[nodiscard]] bool is_made_by_producer(const Object& secret);

// Velero or Stork has brought it here from a backup or another cluster. Sources: Velero, labels of
// what a restore makes; stork pkg/migration/controllers/migration.go.
[[nodiscard]] bool is_restored_copy(const Object& secret);

}  // namespace pxguard::model
