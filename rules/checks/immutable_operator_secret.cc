// PXS805: The operator cannot write to a Secret that it keeps up to date.
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::immutable_operator_secret {
namespace {

using model::PortworxConfig;
using model::SecretFacts;

bool has_fixed_name(const SecretFacts& secret) {
  const std::string& name = secret.id().name;
  return name == model::kUserToken || name == model::kAdminToken || name == model::kSystemSecrets;
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  if (!secret.is_immutable()) return {};
  const auto lookup = context.view.portworx(context.object);
  const PortworxConfig* portworx = lookup.get();
  if (portworx == nullptr) {
    const bool is_likely = has_fixed_name(secret) || secret.id().name == model::kSharedSecretName;
    if (lookup.is_unknown() && is_likely) context.unverified(lookup.needs());
    return {};
  }
  if (portworx->install() != PortworxConfig::Install::StorageClusterSecurity ||
      portworx->object().id().ns != secret.id().ns) {
    return {};
  }
  if (!has_fixed_name(secret) &&
      portworx->storage_cluster()->shared_secret_name() != secret.id().name)
    return {};
  return {{.at = model::FieldPath{"immutable"},
           .found = "immutable: true on a Secret of the operator",
           .want = "no field immutable",
           .repair = {{Edit::remove(model::FieldPath{"immutable"})}, Repair::Use::Creation}}};
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS805",
    .name = "immutable-operator-secret",
    .title = "A Secret that the operator writes to is immutable",
    .rationale =
        "The operator renews tokens and adds keys in place; where it cannot, the token expires and "
        "stays.",
    .fix =
        "Delete px-user-token or px-admin-token, and the operator makes it anew; a Secret of "
        "keys needs the same data again, since its deletion alone makes new keys.",
    .by_hand = "kubectl -n portworx get secret px-user-token -o jsonpath='{.immutable}'",
    .source = "operator pkg/util/k8s/k8s.go, CreateOrAppendToSecret and CreateOrUpdateSecret.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::immutable_operator_secret
