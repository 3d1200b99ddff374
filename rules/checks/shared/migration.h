// The migration of a DaemonSet to the operator: it makes a StorageCluster and waits until somebody
// approves. Source: operator pkg/constants/migration.go;
// pkg/controller/storagecluster/storagecluster.go reads the annotation with Go's ParseBool.
//
// Threads: safe.
#pragma once

#include <string_view>

#include "rules/model/storage_cluster.h"

namespace pxguard::rules {

inline constexpr std::string_view kMigrationApproved = "portworx.io/migration-approved";

// The StorageCluster was made from a DaemonSet.
[[nodiscard]] bool is_of_migration(const model::StorageCluster& cluster);
[[nodiscard]] bool is_migration_approved(const model::StorageCluster& cluster);
// Made from a DaemonSet, and not in force yet.
[[nodiscard]] bool is_migration_pending(const model::StorageCluster& cluster);

}  // namespace pxguard::rules
