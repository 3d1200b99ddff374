// PXS104: Portworx is told whose tokens to accept, but not how to verify them.
#include <algorithm>

#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::issuer_without_key {
namespace {

using model::AuthKey;

// An argument that lost its value is another rule's matter.
bool is_argument_without_value(const model::PortworxConfig& portworx,
                               const model::Setting& issuer) {
  if (issuer.form != model::Setting::Form::Argument) return false;
  return std::none_of(portworx.arguments().begin(), portworx.arguments().end(),
                      [](const model::Argument& argument) {
                        return argument.key == AuthKey::JwtIssuer && argument.has_value;
                      });
}

Findings on_portworx(const model::PortworxConfig& portworx,
                     const Context<model::PortworxConfig>& context) {
  if (!portworx.is_written_by_user() || portworx.is_helper()) return {};
  const model::Setting& issuer = portworx.certain(AuthKey::JwtIssuer);
  if (!issuer.is_provided() || is_argument_without_value(portworx, issuer)) return {};
  for (const AuthKey key :
       {AuthKey::JwtSharedSecret, AuthKey::RsaPublicKey, AuthKey::EcdsPublicKey}) {
    if (!context.is_missing(portworx.effective(key))) return {};
  }
  if (is_fragment(portworx, context)) return {};
  return {{.at = issuer.path,
           .severity = Severity::Warning,
           .found = "an issuer of user tokens, and no key to verify them",
           .want = "PORTWORX_AUTH_JWT_SHAREDSECRET from a Secret, or a public key"}};
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS104",
    .name = "issuer-without-key",
    .title = "There is an issuer of user tokens but no key to verify them",
    .rationale =
        "What Portworx does then is not documented; the open reference server accepts none of "
        "these tokens.",
    .fix = "Add PORTWORX_AUTH_JWT_SHAREDSECRET with a secretKeyRef, or -jwt_rsa_pubkey_file.",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep AUTH | sort | uniq -c",
    .source =
        "openstorage cmd/osd/main.go: without a key no authenticator is registered for the issuer.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::issuer_without_key
