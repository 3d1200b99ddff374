// PXS906: Guest access is turned off while something still comes without a token.
#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/missing_tokens.h"
#include "rules/checks/shared/snapshot_subject.h"
#include "rules/rule.h"

namespace pxguard::rules::guest_disabled_too_early {
namespace {

using model::Object;
using model::StorageCluster;

// As many as a reader takes in.
constexpr std::size_t kMostNamed = 5;

bool is_public_or_default(const model::StorageClass& storage_class, const ContextBase& context) {
  return storage_class.has_name_of_operator() || is_exempt(storage_class, context);
}

// What PXS601, 602, 604, 701 and 801 say of it where guests are refused.
bool comes_without_token(const Object& object, const ContextBase& context) {
  if (const auto storage_class = model::StorageClass::of(object)) {
    return !is_public_or_default(*storage_class, context) &&
           (!tokenless_operations(*storage_class).empty() ||
            !tokenless_attachment(*storage_class).empty() ||
            is_in_tree_without_token(*storage_class));
  }
  if (const auto snapshot_class = model::SnapshotClass::of(object))
    return snapshot_class->csi(snapshot_class->operation()) == nullptr;
  if (const auto stork = model::StorkObject::of(object)) {
    return lacks_token(*stork) && subject_of_snapshot(*stork, context) == model::IsPortworx::Yes;
  }
  if (is_volume_without_token(object)) return true;
  const auto workload = model::Workload::of(object);
  return workload && !object.controller() && tokenless_pxctl_call(*workload, context).has_value();
}

// Names of this namespace and of none; the others are counted.
std::string listed(const std::vector<const Object*>& objects, const Object& reviewed) {
  std::vector<std::string> names;
  for (const Object* object : objects) {
    const bool may_be_said = object->id().ns.empty() || object->id().ns == reviewed.id().ns;
    if (may_be_said && names.size() < kMostNamed) names.push_back(object->id().display());
  }
  const std::size_t rest = objects.size() - names.size();
  if (rest > 0)
    names.push_back(std::to_string(rest) + (names.empty() ? " in other namespaces" : " more"));
  return join(names, ", ");
}

Findings on_cluster(const StorageCluster& cluster, const Context<StorageCluster>& context) {
  const bool turns_off = context.operation == Operation::Update && context.old != nullptr &&
                         is_guest_off(cluster) && !is_guest_off(*context.old);
  if (!turns_off) return {};
  const auto dependents = context.view.dependents(cluster.object());
  std::vector<const Object*> tokenless;
  for (const Object* object : dependents.objects) {
    if (comes_without_token(*object, context)) tokenless.push_back(object);
  }
  if (!dependents.complete)
    context.unverified("all classes, volumes, Stork objects and callers of pxctl of this cluster");
  if (tokenless.empty()) return {};
  return {{.at = model::FieldPath{"spec", "security", "auth", "guestAccess"},
           .found = "without a token: " + listed(tokenless, cluster.object()),
           .want = "a token for each of them first",
           .at_admission = Action::Warn,
           .is_about_change = true}};
}

constexpr Check kChecks[] = {on_cluster};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS906",
    .name = "guest-disabled-too-early",
    .title = "Guest access is turned off while something comes without a token",
    .rationale =
        "Until now Portworx let these in as guests; from now on claims stay pending, volumes do "
        "not "
        "mount, and migrations fail.",
    .fix =
        "Give classes, volumes, Stork objects and callers of pxctl their tokens, and then set "
        "guestAccess to Disabled.",
    .by_hand =
        "kubectl get pv -o "
        "custom-columns='PV:.metadata.name,DRIVER:.spec.csi.driver,TOKEN:.spec.csi."
        "nodePublishSecretRef.name'",
    .source =
        "openstorage pkg/auth/userinfo.go: without a token a request is the guest's; Portworx "
        "documentation, RBAC Overview.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::guest_disabled_too_early
