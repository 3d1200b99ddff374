// PXS704: One Portworx over two Kubernetes clusters whose operators made different system keys.
#include <string>
#include <vector>

#include "rules/checks/shared/partner.h"
#include "rules/model/blind.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::metro_system_keys_differ {
namespace {

using model::PortworxConfig;
using model::SecretKeyFacts;

// Of the operator's Secret; null where it is not in view, which is noted.
const SecretKeyFacts* key_of(const PortworxConfig& portworx, std::string_view key,
                             const ContextBase& context) {
  const model::Object& object = portworx.object();
  const auto secret = context.view.secret(object, object.id().ns, model::kSystemSecrets);
  const SecretKeyFacts* facts = secret.get() != nullptr ? secret.get()->key(key) : nullptr;
  if (facts != nullptr && !facts->digest.empty()) return facts;
  context.unverified("px-system-secrets of both sides of the stretched cluster");
  return nullptr;
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  const bool is_half = portworx.is_stretched() && portworx.storage_cluster().has_value();
  if (context.moment != Moment::Report || !is_half || !is_on(portworx, context)) return {};
  std::vector<const PortworxConfig*> peers = context.view.other_clusters(portworx.object());
  std::erase_if(peers, [&](const PortworxConfig* other) {
    return !other->is_stretched() || !other->storage_cluster() ||
           other->cluster_id() != portworx.cluster_id();
  });
  if (peers.empty()) {
    context.unverified("the StorageCluster and px-system-secrets of the other side");
    return {};
  }
  Findings findings;
  for (const PortworxConfig* peer : peers) {
    const SecretKeyFacts* own = key_of(portworx, model::kSystemSecretKey, context);
    const SecretKeyFacts* other = key_of(*peer, model::kSystemSecretKey, context);
    if (own == nullptr || other == nullptr ||
        model::same_bytes(own->digest, other->digest, context.view).value_or(true))
      continue;
    findings.push_back({.at = model::FieldPath{"spec", "security"},
                        .found = "px-system-secrets with another system-secret than the peer's",
                        .want = "the same Secret on both sides",
                        .reference = peer->object().id().display()});
  }
  return findings;
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS704",
    .name = "metro-system-keys-differ",
    .title = "The two sides of a stretched cluster have different keys",
    .rationale =
        "Nodes sign for each other with the system key: those of one side refuse those of the "
        "other, which do not join.",
    .fix =
        "Copy px-system-secrets from the source to the destination, and restart Portworx there "
        "node by node.",
    .by_hand =
        "kubectl --context A -n portworx get secret px-system-secrets -o jsonpath='{.data}' | cmp "
        "-s "
        "- <(kubectl --context B -n portworx get secret px-system-secrets -o jsonpath='{.data}') "
        "&& "
        "echo equal",
    .source =
        "Portworx documentation, px-metro: Prepare your Portworx cluster; the operator makes "
        "random "
        "keys on each side.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::metro_system_keys_differ
