// PXS304: The issuer of a token is none that Portworx trusts.
#include <string>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/token_secrets.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::token_issuer_untrusted {
namespace {

using model::AuthKey;
using model::PortworxConfig;
using model::SecretFacts;

// False where one of them is out of sight: noted.
bool knows_all(const PortworxConfig& portworx, std::vector<std::string>& issuers,
               const ContextBase& context) {
  bool complete = true;
  for (const AuthKey key : {AuthKey::JwtIssuer, AuthKey::OidcIssuer}) {
    const model::Setting& issuer = portworx.effective(key);
    if (context.is_missing(issuer)) continue;
    if (issuer.is_provided() && issuer.text)
      issuers.push_back(*issuer.text);
    else
      complete = false;
    if (issuer.is_provided() && !issuer.text) context.unverified("the issuer that Portworx trusts");
  }
  if (portworx.cluster_id().empty()) {
    context.unverified("the cluster id of Portworx");
    complete = false;
  }
  issuers.push_back(portworx.cluster_id());
  return complete;
}

// Objects of another namespace say nothing here.
std::string wanted(const PortworxConfig& portworx, const ContextBase& context) {
  const model::Setting& issuer = portworx.effective(AuthKey::JwtIssuer);
  const bool is_said = portworx.object().id().ns == context.object.id().ns && issuer.text;
  return is_said ? "the issuer " + model::shown_text(*issuer.text) + ", as Portworx has it"
                 : "the issuer that Portworx is configured with";
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  const auto judged = judged_token(secret, context);
  if (!judged || judged->token.issuer.empty()) return {};
  const std::string& issuer = judged->token.issuer;
  if (issuer == model::kAppsIssuer || issuer == model::kStorkIssuerName) return {};
  // A token that nobody shows to this Portworx may be for another one.
  if (!is_named_for_token(secret, context) && !is_named_by_csi_class(secret, context)) return {};
  const auto lookup = context.view.portworx(context.object);
  if (lookup.is_unknown()) context.unverified(lookup.needs());
  const PortworxConfig* portworx = lookup.get();
  if (portworx == nullptr || !is_on(*portworx, context)) return {};
  std::vector<std::string> trusted;
  if (!knows_all(*portworx, trusted, context)) return {};
  for (const std::string& known : trusted) {
    if (known == issuer) return {};
  }
  Finding finding = judged->finding_of_state("a token of issuer " + model::shown_text(issuer),
                                             wanted(*portworx, context), context);
  finding.reference = printable(issuer, 60);
  return {finding};
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS304",
    .name = "token-issuer-untrusted",
    .title = "Portworx does not trust the issuer of this token",
    .rationale =
        "Portworx looks the issuer up, character by character, and refuses every token of one that "
        "it does not find.",
    .fix =
        "Make the token anew with the issuer that Portworx has: pxctl auth token generate "
        "--issuer; the Secret keeps its name.",
    .by_hand =
        "kubectl -n portworx get secret px-user-token -o jsonpath='{.data.auth-token}' | "
        "base64 -d | cut -s -d. -f2 | tr '_-' '/+' | base64 -d 2>/dev/null",
    .source = "openstorage api/server/sdk/server_interceptors.go: authenticators by issuer.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::token_issuer_untrusted
