// PXS703: The token of a ClusterPair is not one that the other cluster takes, or lies open.
#include <algorithm>
#include <array>
#include <string_view>

#include "rules/checks/shared/guest_access.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules {
namespace {

using model::PairToken;
using model::StorkObject;

const model::FieldPath& token_path() {
  static const model::FieldPath path{"spec", "options", "token"};
  return path;
}

// Who reads these is an administrator anyway. What tenants read elsewhere cannot be seen.
bool is_restricted(std::string_view ns, const ContextBase& context) {
  return ns == portworx_namespace(context) || ns == model::kDefaultPxNamespace || ns == "portworx";
}

Findings on_cluster_pair(const StorkObject& object, const Context<StorkObject>& context) {
  if (!object.is("ClusterPair")) return {};
  switch (cluster_pair_token(object.object())) {
    case PairToken::Hex128:
      // The token is the peer's: nothing here tells how the peer is secured.
      context.unverified("whether PX-Security is on in the cluster that made this token");
      return {};
    case PairToken::Jwt: break;
    default: return {};
  }
  const std::string_view ns = object.object().id().ns;
  if (ns.empty() || is_restricted(ns, context)) return {};
  return {
      {.at = token_path(),
       .severity = Severity::Warning,
       .message = "An administrator's token of another cluster lies in a common namespace",
       .found = "a JWT in clear text, outside the namespace of Portworx",
       .want = "ClusterPairs where only administrators may read them",
       .why = "The token makes whoever reads it an administrator of the other Portworx cluster, "
              "for five years.",
       .fix = "Make the pair in the namespace of Portworx, and a new token: pxctl cluster token "
              "reset, on the other cluster."}};
}

constexpr Check kChecks[] = {on_cluster_pair};

}  // namespace

extern const Rule cluster_pair_token_stale;
constinit const Rule cluster_pair_token_stale = {
    .id = "PXS703",
    .name = "cluster-pair-token-stale",
    .title = "The token of a ClusterPair is stale, or lies open",
    .rationale =
        "A token that was made before PX-Security was turned on, or before its key was changed, is "
        "refused: migrations stop.",
    .fix = "Run pxctl cluster token reset on the other cluster, and give its token to all peers.",
    .by_hand = "kubectl get clusterpairs -A -o yaml | grep -E 'namespace: |storageStatus'",
    .source =
        "openstorage cluster/manager/pair.go, generatePairToken; openstorage issues 922 and 985.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules
