// PXS703: The token of a ClusterPair is not one that the other cluster takes, or lies open.
#include <chrono>
#include <string_view>
#include <vector>

#include "rules/checks/shared/guest_access.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::cluster_pair_token_stale {
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

bool is_expired(const model::TokenFacts& claims, const ContextBase& context) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(context.now.time_since_epoch());
  return claims.expires_at && *claims.expires_at <= now.count();
}

Finding expired() {
  return {.at = token_path(),
          .message = "The token of a ClusterPair has expired",
          .found = "a JWT whose time is over",
          .want = "the token that the other cluster gives now",
          .at_admission = Action::Warn,
          .reference = "expired"};
}

// The token is the peer's. With two clusters in the files the other one is the peer.
Findings of_unsecured_peer(const StorkObject& object, const ContextBase& context) {
  const auto own = context.view.portworx(object.object());
  const auto others = own.get() != nullptr ? context.view.other_clusters(own.get()->object())
                                           : std::vector<const model::PortworxConfig*>{};
  const bool is_known = others.size() == 1 && others.front()->security() != model::Security::Maybe;
  if (!is_known) {
    context.unverified(
        "the Portworx of the cluster that made this token: whether PX-Security is on there");
    return {};
  }
  if (others.front()->security() == model::Security::Off) return {};
  return {{.at = token_path(),
           .message = "The token of a ClusterPair is older than PX-Security of the other cluster",
           .found = "a token of 128 hex digits, as a cluster without PX-Security makes it",
           .want = "the token that the other cluster gives now",
           .at_admission = Action::Warn,
           .reference = "hex"}};
}

Findings on_cluster_pair(const StorkObject& object, const Context<StorkObject>& context) {
  if (!object.is("ClusterPair")) return {};
  switch (cluster_pair_token(object.object())) {
    case PairToken::Hex128: return of_unsecured_peer(object, context);
    case PairToken::Jwt: break;
    default: return {};
  }
  const auto claims = model::cluster_pair_claims(object.object());
  if (claims && is_expired(*claims, context)) return {expired()};
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

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS703",
    .name = "cluster-pair-token-stale",
    .title = "The token of a ClusterPair is stale, or lies open",
    .rationale =
        "Whoever reads a pair token is an administrator of the other cluster for five years; "
        "one from before PX-Security was turned on there, or before its key was changed, is "
        "refused.",
    .fix = "Run pxctl cluster token reset on the other cluster, and give its token to all peers.",
    .by_hand = "kubectl get clusterpairs -A -o yaml | grep -E 'namespace: |storageStatus'",
    .source =
        "openstorage cluster/manager/pair.go, generatePairToken; openstorage issues 922 and 985.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::cluster_pair_token_stale
