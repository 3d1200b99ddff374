// PXS701: An object of Stork makes Portworx do something without a token.
#include <algorithm>
#include <optional>
#include <string>

#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/missing_tokens.h"
#include "rules/checks/shared/repairs.h"
#include "rules/checks/shared/snapshot_subject.h"
#include "rules/model/portworx_names.h"
#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules::stork_object_without_token {
namespace {

using model::IsPortworx;
using model::StorkObject;
using model::TokenSource;

// Backups take the token of the volume or its class first, and then need no other.
enum class Bring { All, NotAll, Unknown };
Bring classes_bring_tokens(const ContextBase& context) {
  const auto portworx = context.view.portworx(context.object);
  Bring answer = Bring::Unknown;
  if (portworx.get() == nullptr) return answer;
  for (const model::Object* object : context.view.dependents(portworx.get()->object()).objects) {
    const auto storage_class = model::StorageClass::of(*object);
    if (!storage_class || storage_class->has_name_of_operator()) continue;
    const bool brings = storage_class->is_in_tree() ? storage_class->in_tree() != nullptr
                                                    : storage_class->csi("node-publish") != nullptr;
    if (!brings) return Bring::NotAll;
    answer = Bring::All;
  }
  return answer;
}

Finding without_token(const StorkObject& object, Severity severity, const ContextBase& context) {
  const bool needs_admin = object.is("Migration") || object.is("MigrationSchedule") ||
                           object.token_source() == TokenSource::StorkItself;
  const bool has_other_half = object.token().has_value();
  const std::string_view home = operator_token_namespace(context);
  Repair repair;
  if (!has_other_half && !home.empty()) {
    add_token(repair, model::FieldPath{"metadata", "annotations"}, {},
              needs_admin ? model::kAdminToken : model::kUserToken, home);
  }
  return {.at = model::FieldPath{"metadata", "annotations"}.key(model::kAuthSecretName),
          .severity = severity,
          .found = "no annotation openstorage.io/auth-secret-name",
          .want = std::string("both openstorage.io annotations, with the token of ") +
                  (needs_admin ? "an administrator (px-admin-token)" : "a user (px-user-token)"),
          .repair = std::move(repair)};
}

Findings on_annotated(const StorkObject& object, const Context<StorkObject>& context) {
  // What its parent lacks is said of the parent.
  if (!object.includes_volumes() || (object.is_child() && context.moment == Moment::Report))
    return {};
  const IsPortworx answer = subject_of_snapshot(object, context);
  if (answer == IsPortworx::No) return {};
  const auto weight = weight_of_missing_token(context);
  if (!weight) return {};
  if (answer == IsPortworx::Unknown) {
    context.unverified("the StorageClass of the volume that this snapshot is about");
    return {};
  }
  return {without_token(object, lacks_token(object) ? *weight : Severity::Warning, context)};
}

Findings on_backup(const StorkObject& object, const Context<StorkObject>& context) {
  if (object.is_child() && context.moment == Moment::Report) return {};
  if (!weight_of_missing_token(context)) return {};
  const Bring bring = classes_bring_tokens(context);
  if (bring == Bring::Unknown)
    context.unverified("the StorageClasses of its volumes, which may name the token");
  if (bring != Bring::NotAll) return {};
  Finding finding = without_token(object, Severity::Warning, context);
  finding.why =
      "The token is taken from the volume, its class or its claim, and last from this object; "
      "a class of this cluster names none, so that volumes may be left out.";
  return {finding};
}

Findings on_stork_object(const StorkObject& object, const Context<StorkObject>& context) {
  if (!lacks_token_name(object)) return {};
  if (object.token_source() == TokenSource::Annotations) return on_annotated(object, context);
  if (object.token_source() == TokenSource::VolumesFirst) return on_backup(object, context);
  const bool is_update = object.is("ClusterDomainUpdate");
  if (!is_update && !object.is("ClusterPair")) return {};
  if (!weight_of_missing_token(context)) return {};
  Finding finding = without_token(object, is_update ? Severity::Info : Severity::Warning, context);
  finding.why = is_update ? "Stork uses its own token as long as it has PX_SHARED_SECRET; without "
                            "it the change of a domain needs this one."
                          : "Clusters are paired by an administrator: storkctl names the token of "
                            "one where it finds it.";
  return {finding};
}

constexpr Check kChecks[] = {on_stork_object};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS701",
    .name = "stork-object-without-token",
    .title = "An object of Stork names no token",
    .rationale =
        "Stork then asks Portworx as a guest, not with its own token: once guest access is off, "
        "the operation fails with \"Access denied without authentication token\".",
    .fix =
        "Add the annotations openstorage.io/auth-secret-name and "
        "openstorage.io/auth-secret-namespace.",
    .by_hand =
        "kubectl get migrationschedules,applicationclones,groupvolumesnapshots -A -o "
        "custom-columns='NS:.metadata.namespace,NAME:.metadata.name,TOKEN:.metadata.annotations."
        "openstorage\\.io/auth-secret-name'",
    .source =
        "stork drivers/volume/portworx/portworx.go; release notes of Stork, PWX-44985; Portworx "
        "documentation, snapshots of secured volumes.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::stork_object_without_token
