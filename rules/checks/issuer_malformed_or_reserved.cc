// PXS303: The issuer of user tokens cannot be one, or belongs to somebody else.
#include "base/text.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::issuer_malformed_or_reserved {
namespace {

using model::AuthKey;

Finding about(const model::Setting& issuer, Severity severity, std::string found,
              std::string want) {
  return {.at = issuer.path,
          .severity = severity,
          .found = std::move(found),
          .want = std::move(want),
          .reference = printable(*issuer.text, 60)};
}

// White space around it was never meant; inside it, nobody knows what was.
Repair trimmed(const model::Setting& issuer) {
  const std::string_view text = trim(*issuer.text);
  const bool is_plain = !text.empty() && text.find_first_of(" \t\r\n") == std::string_view::npos;
  if (!is_plain || issuer.form != model::Setting::Form::Literal) return {};
  return {{Edit::replace(issuer.path.key("value"), text)}};
}

Findings judge(const model::Setting& issuer, const model::PortworxConfig& portworx) {
  const std::string& text = *issuer.text;
  const std::string shown = "issuer \"" + printable(text, 60) + '"';
  if (text.empty() || text.find_first_of(" \t\r\n") != std::string::npos) {
    Finding finding = about(issuer, Severity::Error,
                            text.empty() ? "an empty issuer" : shown + " with white space",
                            "the issuer exactly as the tokens carry it");
    finding.why = "Portworx compares the issuer byte by byte: no token will ever carry this one.";
    finding.repair = trimmed(issuer);
    return {finding};
  }
  if (text == model::kAppsIssuer || text == model::kStorkIssuerName ||
      text == portworx.cluster_id()) {
    Finding finding =
        about(issuer, Severity::Warning, shown + ", which is taken", "an issuer of your own");
    finding.why =
        "This name already stands for another key; which of the two then wins is not documented.";
    return {finding};
  }
  if (text.starts_with("http://") || text.starts_with("https://") || text.ends_with('/')) {
    return {about(issuer, Severity::Warning, shown,
                  "a plain name, as in portworx.com; OIDC has -oidc_issuer")};
  }
  return {};
}

Findings on_portworx(const model::PortworxConfig& portworx,
                     const Context<model::PortworxConfig>& context) {
  if (!portworx.arguments_need().empty()) context.unverified(portworx.arguments_need());
  Findings findings;
  for (const model::Setting* issuer :
       {&portworx.variable(AuthKey::JwtIssuer), &portworx.dash_e(AuthKey::JwtIssuer),
        &portworx.argument(AuthKey::JwtIssuer)}) {
    if (!issuer->is_provided() || !issuer->text) continue;
    for (Finding& finding : judge(*issuer, portworx)) findings.push_back(std::move(finding));
  }
  return findings;
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS303",
    .name = "issuer-malformed-or-reserved",
    .title = "The issuer of user tokens is malformed or reserved",
    .rationale =
        "A URL reads as an OIDC issuer, and tools that make tokens refuse it for self-signed ones.",
    .fix =
        "Choose a plain name and make new tokens; in a live cluster this changes identities "
        "(PXS902) and needs the annotation pxguard.io/rotation.",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].args[*]}{@}{\"\\n\"}{end}{range "
        ".items[*].spec.containers[*].env[?(@.name==\"PORTWORX_AUTH_JWT_ISSUER\")]}{.name} "
        "{.value}{\"\\n\"}{end}' | grep -iA1 issuer",
    .source = "openstorage pkg/auth/claims.go; pxctl auth token generate.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::issuer_malformed_or_reserved
