// PXS803: A token that the operator makes anew every day was copied to where it does not.
#include <string>

#include "rules/checks/shared/token_secrets.h"
#include "rules/rule.h"

namespace pxguard::rules::operator_token_copied {
namespace {

using model::SecretFacts;

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  const auto judged = judged_token(secret, context);
  if (!judged || judged->token.operator_name.empty()) return {};
  // A replicator keeps its copies fresh.
  if (secret.is_owned_by_storage_cluster() || secret.has_producer()) return {};
  const auto lookup = context.view.portworx(context.object);
  if (lookup.is_unknown()) context.unverified(lookup.needs());
  const model::PortworxConfig* portworx = lookup.get();
  if (portworx == nullptr || !portworx->storage_cluster() ||
      portworx->install() != model::PortworxConfig::Install::StorageClusterSecurity) {
    return {};
  }
  const std::string& operator_ns = portworx->object().id().ns;
  const std::string& ns = secret.id().ns;
  if (ns.empty() || operator_ns.empty() || ns == operator_ns) return {};
  return {judged->finding(Severity::Warning,
                          "a copy of " + std::string(judged->token.operator_name),
                          "a token of its own, made with pxctl auth token generate")};
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS803",
    .name = "operator-token-copied",
    .title = "A token of the operator was copied to another namespace",
    .rationale =
        "The operator renews its own Secret only: the copy ends with tokenLifetime, 24 hours "
        "unless set, and volumes fail then.",
    .fix =
        "Make a token for this namespace, or refer to the Secret in the namespace of the "
        "StorageCluster.",
    .by_hand = "kubectl get secret -A | grep -E 'px-(user|admin)-token'",
    .source = "operator drivers/storage/portworx/component/auth.go, maintainAuthTokenSecret.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::operator_token_copied
