#include "rules/checks/shared/migration.h"

#include <algorithm>
#include <array>

namespace pxguard::rules {

bool is_of_migration(const model::StorageCluster& cluster) {
  return cluster.object().metadata()["annotations"][kMigrationApproved].is_set();
}

bool is_migration_approved(const model::StorageCluster& cluster) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  const std::string_view written = cluster.object().annotation(kMigrationApproved);
  return std::find(kTrue.begin(), kTrue.end(), written) != kTrue.end();
}

bool is_migration_pending(const model::StorageCluster& cluster) {
  return is_of_migration(cluster) && !is_migration_approved(cluster);
}

}  // namespace pxguard::rules
