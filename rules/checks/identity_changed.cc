// PXS902: An issuer, claim or cluster id changes, and with it who owns the volumes.
#include "base/text.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::identity_changed {
namespace {

using model::AuthKey;
using model::PortworxConfig;

struct Identity {
  std::string what;
  std::optional<std::string> text;  // none: not in view
  model::FieldPath at;
};

Identity issuer_of(const PortworxConfig& portworx) {
  const model::Setting& issuer = portworx.effective(AuthKey::JwtIssuer);
  if (issuer.is_absent()) return {"issuer", "", portworx.path()};
  return {"issuer", issuer.is_provided() ? issuer.text : std::nullopt, issuer.path};
}

// Every word but email and name means sub.
Identity claim_of(const PortworxConfig& portworx) {
  const model::Setting& claim = portworx.effective(AuthKey::UsernameClaim);
  if (claim.is_absent()) return {"username claim", "sub", portworx.path()};
  if (!claim.is_provided() || !claim.text) return {"username claim", std::nullopt, claim.path};
  const bool known = *claim.text == "email" || *claim.text == "name";
  return {"username claim", known ? *claim.text : "sub", claim.path};
}

Identity cluster_of(const PortworxConfig& portworx) {
  const bool annotated = !portworx.object().annotation(model::kClusterId).empty();
  const model::FieldPath at =
      annotated ? model::FieldPath{"metadata", "annotations"}.key(model::kClusterId)
                : portworx.path();
  const std::string& id = portworx.cluster_id();
  return {"cluster id", id.empty() ? std::nullopt : std::optional(id), at};
}

void compare(const Identity& old, const Identity& now, const ContextBase& context,
             Findings& findings) {
  if (old.text && now.text && *old.text == *now.text) return;
  if (!old.text || !now.text) {
    if (old.text || now.text) context.unverified("the " + now.what + " before and after");
    return;
  }
  const auto shown = [](const std::string& text) {
    return text.empty() ? "none" : '"' + printable(text, 60) + '"';
  };
  findings.push_back({.at = now.at,
                      .message = "The " + now.what + " of a secured Portworx changes",
                      .found = now.what + ' ' + shown(*now.text) + ", before " + shown(*old.text),
                      .want = "the " + now.what + " as it was",
                      .reference = now.what,
                      .acknowledgement = Acknowledgement::Rotation,
                      .is_about_change = true});
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  if (portworx.is_helper() || context.old == nullptr) return {};
  if (!is_on(*context.old, context) || !is_on(portworx, context)) return {};
  Findings findings;
  compare(issuer_of(*context.old), issuer_of(portworx), context, findings);
  compare(claim_of(*context.old), claim_of(portworx), context, findings);
  compare(cluster_of(*context.old), cluster_of(portworx), context, findings);
  return findings;
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS902",
    .name = "identity-changed",
    .title = "The identity that tokens are judged by changes",
    .rationale =
        "Users get other names, so private volumes refuse their owners; a new cluster id ends node "
        "and ClusterPair tokens.",
    .fix = "Keep the value; if the change is meant, prepare new tokens and ClusterPairs first.",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].args[*]}{@}{\"\\n\"}{end}' | grep -A1 -xE -e "
        "'-c|-jwt_issuer|-username_claim'",
    .source = "openstorage pkg/auth/claims.go and api/ownership.go; operator component/auth.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::identity_changed
