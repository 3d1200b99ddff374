// PXS903: A Secret goes that a secured Portworx reads.
#include "rules/checks/shared/key_secrets.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules {
namespace {

using model::SecretFacts;

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  if (context.operation != Operation::Delete) return {};
  const bool is_named = context.settings.names_key_secret(secret.id().name);
  const Use use = use_of_any_key(secret, context);
  if (use == Use::Unknown && is_named)
    context.unverified("whether a Portworx of this cluster reads it");
  if (use != Use::Yes) return {};
  return {{.at = model::FieldPath{},
           .found = "a Secret that Portworx or Stork reads",
           .want = "it stays as long as they refer to it",
           .acknowledgement = Acknowledgement::Delete,
           .is_about_change = true}};
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule required_secret_deleted;
constinit const Rule required_secret_deleted = {
    .id = "PXS903",
    .name = "required-secret-deleted",
    .title = "A Secret that PX-Security needs is deleted",
    .rationale =
        "Pods that restart cannot start without it, and a new one made in its place has other "
        "keys.",
    .fix = "Keep the Secret, or remove the references to it first.",
    .by_hand = "kubectl get ds,deploy -A -o yaml | grep -A3 secretKeyRef",
    .source =
        "operator drivers/storage/portworx/component/auth.go: a missing Secret is made anew with "
        "random keys.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules
