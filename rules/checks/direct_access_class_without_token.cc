// PXS602: A Direct Access class does not say with which token volumes are attached and staged.
#include "base/text.h"
#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/missing_tokens.h"
#include "rules/checks/shared/repairs.h"
#include "rules/rule.h"

namespace pxguard::rules::direct_access_class_without_token {
namespace {

using model::StorageClass;

Findings on_class(const StorageClass& storage_class, const Context<StorageClass>& context) {
  const Words missing = tokenless_attachment(storage_class);
  if (missing.empty() || is_exempt(storage_class, context)) return {};
  const auto weight = weight_of_missing_token(context);
  if (!weight) return {};
  return {{.at = model::FieldPath{"parameters"},
           .severity = *weight,
           .found = no_secret_for(missing),
           .want = "csi.storage.k8s.io/" + join(missing, " and ") + " pairs",
           .reference = join(missing, " "),
           .repair = name_user_token(missing, context)}};
}

constexpr Check kChecks[] = {on_class};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS602",
    .name = "direct-access-class-without-token",
    .title = "A Direct Access class names no token to attach and stage volumes",
    .rationale =
        "Volumes of FlashArray and FlashBlade are attached and staged by the driver; without a "
        "token Portworx refuses to detach and delete them once guest access is off.",
    .fix =
        "Delete the class and make it anew with the node-stage and controller-publish secrets "
        "too; volumes that exist cannot be mended.",
    .by_hand = "kubectl get sc -o yaml | grep -E 'name: |backend: |secret-name: '",
    .source = "Portworx documentation, FlashArray prerequisites of a secured cluster.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::direct_access_class_without_token
