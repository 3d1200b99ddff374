// PXS406: OpenID Connect is set up in half, in clear text, or where the operator manages security.
#include "base/text.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::oidc_incomplete {
namespace {

using model::AuthKey;
using model::PortworxConfig;
using model::Setting;

// An argument that lost its value, or takes it from elsewhere, is another rule's matter.
bool is_there(const Setting& setting) {
  const bool is_empty_argument = setting.form == Setting::Form::Argument && !setting.value;
  return setting.is_provided() && !is_empty_argument;
}

Finding half(const Setting& there, AuthKey key, AuthKey missing) {
  const auto names = [](AuthKey which) {
    const model::AuthName& name = model::auth_name(which);
    return std::string(name.variable) + " or " + std::string(name.argument);
  };
  return {.at = there.path,
          .found = std::string(model::auth_name(key).variable) + " without " +
                   std::string(model::auth_name(missing).variable),
          .want = names(missing) + " as well",
          .reference = std::string(model::auth_name(key).variable)};
}

Finding beside_security(const Setting& issuer) {
  return {
      .at = issuer.path,
      .severity = Severity::Warning,
      .message = "OpenID Connect stands beside spec.security",
      .found = "an OIDC issuer, and spec.security.enabled true",
      .want = "one of the two",
      .why =
          "The operator knows nothing of OpenID Connect: it manages its own issuer, and nobody "
          "documents the two together.",
      .fix = "Leave spec.security out and set the keys in spec.env, or remove the OIDC settings.",
      .reference = "spec.security"};
}

Finding in_clear(const Setting& issuer) {
  return {.at = issuer.path,
          .severity = Severity::Warning,
          .message = "The OIDC issuer is not https",
          .found = issuer.display(),
          .want = "an https:// address, the same as the issuer in the tokens",
          .why = "Whoever can change what is fetched from it decides which tokens are good.",
          .fix = "Name the provider by its https:// address.",
          .reference = "https"};
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  const Setting& issuer = portworx.certain(AuthKey::OidcIssuer);
  const Setting& client = portworx.certain(AuthKey::OidcClientId);
  if (portworx.is_helper() || (issuer.is_absent() && client.is_absent())) return {};
  Findings findings;
  const auto is_half = [&](const Setting& there, const Setting& missing) {
    return is_there(there) && context.is_missing(missing) && !is_fragment(portworx, context);
  };
  if (is_half(issuer, client))
    findings.push_back(half(issuer, AuthKey::OidcIssuer, AuthKey::OidcClientId));
  else if (is_half(client, issuer))
    findings.push_back(half(client, AuthKey::OidcClientId, AuthKey::OidcIssuer));
  else if (!portworx.is_written_by_user() && is_there(issuer))
    findings.push_back(beside_security(issuer));
  if (issuer.text && !lower(*issuer.text).starts_with("https://"))
    findings.push_back(in_clear(issuer));
  return findings;
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS406",
    .name = "oidc-incomplete",
    .title = "OpenID Connect is only half set up",
    .rationale =
        "With one of issuer and client id the open reference server skips OpenID Connect without "
        "a word; no user can log in.",
    .fix = "Set both the issuer and the client id of the provider, or neither.",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].args[*]}{@}{\"\\n\"}{end}{range "
        ".items[*].spec.containers[*].env[?(@.name==\"PORTWORX_AUTH_OIDC_ISSUER\")]}{.name} "
        "{.value}{\"\\n\"}{end}' | grep -iA1 oidc",
    .source =
        "openstorage cmd/osd/main.go, oidcAuth; px-runc reference of the Portworx documentation.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::oidc_incomplete
