// PXS601: A CSI StorageClass does not say with which token its volumes are made and used.
#include "base/text.h"
#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/missing_tokens.h"
#include "rules/checks/shared/repairs.h"
#include "rules/rule.h"

namespace pxguard::rules::csi_class_without_token {
namespace {

using model::StorageClass;

// A class that was secured, but for the operation that people forget.
bool lacks_expansion_alone(const Words& missing) {
  return missing.size() == 1 && missing.front() == "controller-expand";
}

Findings on_class(const StorageClass& storage_class, const Context<StorageClass>& context) {
  const Words missing = tokenless_operations(storage_class);
  if (missing.empty() || is_exempt(storage_class, context)) return {};
  const auto weight = weight_of_missing_token(context);
  const bool expansion = lacks_expansion_alone(missing);
  if (!weight && !expansion) return {};
  Finding finding{.at = model::FieldPath{"parameters"},
                  .severity = weight.value_or(Severity::Warning),
                  .found = no_secret_for(missing),
                  .want = "csi.storage.k8s.io/" + missing.front() + "-secret-name and -namespace",
                  .reference = join(missing, " ")};
  if (missing.size() > 1) finding.want += ", and so on for each";
  finding.repair = name_user_token(missing, context);
  if (expansion) {
    finding.message = "A StorageClass allows expansion, but names no token for it";
    finding.why =
        "The request to resize a volume goes without a token, while the others bring one: the "
        "volume belongs to a user, and a guest may not change it.";
  } else if (finding.severity == Severity::Warning) {
    finding.why =
        "Volumes are made by a guest: they belong to nobody, any user may use them, and no "
        "request works any more once guest access is turned off.";
  }
  return {finding};
}

constexpr Check kChecks[] = {on_class};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS601",
    .name = "csi-class-without-token",
    .title = "A CSI StorageClass names no token",
    .rationale =
        "The CSI driver asks Portworx without a token, which is refused where guest access is off: "
        "claims stay pending.",
    .fix =
        "Delete the class and make it anew with the provisioner, node-publish and "
        "controller-expand secrets; volumes that exist keep what it had.",
    .by_hand = "kubectl get sc -o yaml | grep -E 'name: |provisioner: |secret-name: '",
    .source =
        "Portworx documentation, StorageClass setup: provisioner, node-publish and "
        "controller-expand secrets.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::csi_class_without_token
