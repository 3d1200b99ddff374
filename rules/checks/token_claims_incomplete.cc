// PXS402: A token lacks what Portworx wants to find in every token.
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/token_secrets.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::token_claims_incomplete {
namespace {

using model::SecretFacts;
using model::TokenFacts;
using List = model::TokenFacts::List;

std::string listed(const std::vector<std::string_view>& claims) {
  return join(std::vector<std::string>(claims.begin(), claims.end()), ", ");
}

// Roles may then be in claims of another name.
bool has_oidc(const ContextBase& context) {
  const model::PortworxConfig* portworx = context.view.portworx(context.object).get();
  return portworx != nullptr && !portworx->effective(model::AuthKey::OidcIssuer).is_absent();
}

void add_lists(const JudgedToken& judged, const ContextBase& context, Findings& findings) {
  const TokenFacts& token = judged.token;
  const bool by_oidc = has_oidc(context);
  for (const auto& [name, list] : {std::pair{std::string("roles"), token.roles},
                                   std::pair{std::string("groups"), token.groups}}) {
    if (list != List::Other) continue;
    Finding finding =
        judged.finding(Severity::Error, "the claim " + name + " is no list of texts",
                       name == "roles" ? R"(a list, as in ["system.user"])" : "a list of texts");
    finding.reference = name;
    if (by_oidc) soften(finding);
    findings.push_back(std::move(finding));
  }
  if (by_oidc || (token.roles != List::Absent && token.roles != List::Empty)) return;
  Finding finding =
      judged.finding(Severity::Warning, "a token without roles", "a role, as in [\"system.user\"]");
  finding.message = "A token gives no role to whoever shows it";
  finding.why = "Portworx lets a token do what its roles allow, and without one that is nothing.";
  finding.reference = "no roles";
  findings.push_back(std::move(finding));
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  const auto judged = judged_token(secret, context);
  if (!judged) return {};
  Findings findings;
  const std::string want = "the claims iss, sub, exp, iat, name and email";
  if (const auto& missing = judged->token.missing; !missing.empty()) {
    findings.push_back(judged->finding(
        Severity::Error,
        (missing.size() == 1 ? "a token without the claim " : "a token without the claims ") +
            listed(missing),
        want));
    findings.back().reference = listed(missing);
  }
  if (const auto& empty = judged->token.empty; !empty.empty()) {
    findings.push_back(
        judged->finding(Severity::Error, "a token with no text in " + listed(empty), want));
    findings.back().reference = "no text in " + listed(empty);
  }
  add_lists(*judged, context, findings);
  return findings;
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS402",
    .name = "token-claims-incomplete",
    .title = "A token lacks claims that Portworx requires",
    .rationale =
        "Portworx refuses a token without these claims, whatever its signature: volumes are not "
        "made, mounted or deleted.",
    .fix =
        "Make the token anew with pxctl auth token generate --auth-config, from a file with "
        "name, sub, email, roles and groups.",
    .by_hand =
        "kubectl -n portworx get secret px-user-token -o jsonpath='{.data.auth-token}' | "
        "base64 -d | cut -s -d. -f2 | tr '_-' '/+' | base64 -d 2>/dev/null",
    .source = "openstorage pkg/auth/claims.go and selfsigned.go: required claims, by their keys.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::token_claims_incomplete
