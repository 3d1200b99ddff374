// PXS608: A class of snapshots does not say with which token they are made.
#include <algorithm>

#include "base/text.h"
#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/missing_tokens.h"
#include "rules/checks/shared/repairs.h"
#include "rules/rule.h"

namespace pxguard::rules::snapshot_class_without_token {
namespace {

using model::SnapshotClass;

// Listing alone is not what snapshots fail by, and Stork's driver must be able to make its class.
bool may_deny(const SnapshotClass& snapshot_class, const Words& missing) {
  return !snapshot_class.is_group() && !snapshot_class.has_name_of_stork() &&
         missing.front() == "snapshotter";
}

Findings on_class(const SnapshotClass& snapshot_class, const Context<SnapshotClass>& context) {
  const Words missing = tokenless_operations(snapshot_class);
  if (missing.empty()) return {};
  const auto weight = weight_of_missing_token(context);
  if (!weight) return {};
  return {{.at = model::FieldPath{"parameters"},
           .severity = may_deny(snapshot_class, missing) ? *weight : Severity::Warning,
           .found = no_secret_for(missing),
           .want = "csi.storage.k8s.io/" + missing.front() + "-secret-name and -namespace",
           .reference = join(missing, " "),
           .repair = name_user_token(missing, context)}};
}

constexpr Check kChecks[] = {on_class};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS608",
    .name = "snapshot-class-without-token",
    .title = "A class of snapshots names no token",
    .rationale =
        "Snapshots are asked for without a token: of a user's volume, or with guest access off, "
        "Portworx makes none.",
    .fix =
        "Delete the class and make it anew with the secrets that are wanted; snapshots that "
        "exist stay.",
    .by_hand = "kubectl get volumesnapshotclass -o yaml | grep -E 'name: |driver: |secret-name'",
    .source =
        "Portworx documentation, VolumeSnapshotClass of a secured cluster; stork "
        "drivers/volume/csi/csi.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::snapshot_class_without_token
