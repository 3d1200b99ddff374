// PXS401: The claim that names a user is not one that Portworx knows.
#include "base/text.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::username_claim_invalid {
namespace {

using model::AuthKey;

// A known word in another case.
Repair in_lower_case(const model::Setting& claim) {
  const std::string text = lower(*claim.text);
  const bool is_known = text == "sub" || text == "email" || text == "name";
  if (!is_known || claim.form != model::Setting::Form::Literal) return {};
  return {{Edit::replace(claim.path.key("value"), text)}};
}

Findings unknown_claim(const model::Setting& claim) {
  return {{.at = claim.path,
           .found = "claim " + model::shown_text(*claim.text),
           .want = "sub, email or name",
           .reference = printable(*claim.text, 60),
           .repair = in_lower_case(claim)}};
}

Findings claim_with_stork(const model::Setting& claim, const model::PortworxConfig& portworx,
                          const Context<model::PortworxConfig>& context) {
  const auto storks = context.view.storks(portworx.object());
  if (storks.configs.empty()) {
    if (!storks.complete) context.unverified("the Stork of this cluster, if there is one");
    return {};
  }
  return {{.at = claim.path,
           .severity = Severity::Warning,
           .message = "users are named by a claim that Stork's tokens may lack",
           .found = "claim " + model::shown_text(*claim.text) + ", and Stork in use",
           .want = "sub, or a test that Stork's calls still pass",
           .why = "Stork's own tokens carry no email; whether Portworx asks them for one is not "
                  "documented.",
           .fix = "Leave the claim at sub, or try a snapshot before relying on it.",
           .reference = *claim.text}};
}

Findings on_portworx(const model::PortworxConfig& portworx,
                     const Context<model::PortworxConfig>& context) {
  if (!portworx.arguments_need().empty()) context.unverified(portworx.arguments_need());
  Findings findings;
  for (const model::Setting* claim :
       {&portworx.variable(AuthKey::UsernameClaim), &portworx.dash_e(AuthKey::UsernameClaim),
        &portworx.argument(AuthKey::UsernameClaim)}) {
    if (!claim->is_provided() || !claim->text || *claim->text == "sub") continue;
    const bool known = *claim->text == "email" || *claim->text == "name";
    for (Finding& finding :
         known ? claim_with_stork(*claim, portworx, context) : unknown_claim(*claim)) {
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS401",
    .name = "username-claim-invalid",
    .title = "The username claim is not one of sub, email and name",
    .rationale =
        "Portworx takes any other word as sub without saying so: volumes get owners that nobody "
        "meant.",
    .fix =
        "Set -username_claim to sub, email or name, in lower case, or remove it; where a wrong "
        "word was taken as sub, sub changes nobody's name.",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].args[*]}{@}{\"\\n\"}{end}{range "
        ".items[*].spec.containers[*].env[?(@.name==\"PORTWORX_AUTH_USERNAME_CLAIM\")]}{.name} "
        "{.value}{\"\\n\"}{end}' | grep -iA1 username_claim",
    .source =
        "Portworx documentation, PX-Security on Kubernetes clusters; openstorage "
        "pkg/auth/claims.go, getUsername.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::username_claim_invalid
