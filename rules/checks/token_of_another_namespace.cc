// PXS611: A claim uses the token of another namespace.
#include "base/text.h"
#include "rules/checks/shared/guest_access.h"
#include "rules/model/claim.h"
#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules::token_of_another_namespace {
namespace {

using model::TokenReference;

Findings on_claim(const model::Object& claim, const Context<model::Object>& context) {
  if (!model::is_claim(claim) || context.moment != Moment::Report || claim.id().ns.empty())
    return {};
  for (const TokenReference& reference : token_references(claim)) {
    if (reference.family != TokenReference::Family::OpenStorage || !reference.is_pair()) continue;
    if (reference.is_templated() || *reference.ns == claim.id().ns) continue;
    const std::string_view home = portworx_namespace(context);
    if (home.empty()) {
      context.unverified("the namespace of Portworx, whose tokens may be shared");
      continue;
    }
    if (*reference.ns == home) continue;
    return {{.at = reference.ns_path,
             .severity = Severity::Warning,
             .found = "namespace " + printable(*reference.ns, 63),
             .want = "a Secret of the claim's own namespace, or of Portworx's",
             .reference = printable(*reference.ns, 63)}};
  }
  return {};
}

constexpr Check kChecks[] = {on_claim};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS611",
    .name = "token-of-another-namespace",
    .title = "A claim uses a token that lies in the namespace of somebody else",
    .rationale =
        "Portworx reads the Secret with its own rights: whoever may make a claim borrows a token "
        "that they may not read.",
    .fix = "Put a token of the tenant into the claim's namespace, and name that one.",
    .by_hand = "kubectl get pvc -A -o yaml | grep -E 'namespace: |auth-secret-namespace'",
    .source = "openstorage api/server/middleware_auth.go and pkg/auth/secrets/secrets.go.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::token_of_another_namespace
