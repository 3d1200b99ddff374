// PXS301: Portworx can verify user tokens, but knows no issuer to expect.
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::key_without_issuer {
namespace {

using model::AuthKey;

Findings on_portworx(const model::PortworxConfig& portworx,
                     const Context<model::PortworxConfig>& context) {
  if (!portworx.is_written_by_user() || portworx.is_helper()) return {};
  const model::Setting* key = nullptr;
  for (const AuthKey candidate :
       {AuthKey::JwtSharedSecret, AuthKey::RsaPublicKey, AuthKey::EcdsPublicKey}) {
    if (key == nullptr && portworx.certain(candidate).is_provided())
      key = &portworx.certain(candidate);
  }
  if (key == nullptr || !context.is_missing(portworx.effective(AuthKey::JwtIssuer))) return {};
  if (is_fragment(portworx, context)) return {};
  return {{.at = key->path,
           .severity = Severity::Warning,
           .found = "a key for user tokens, and neither -jwt_issuer nor PORTWORX_AUTH_JWT_ISSUER",
           .want = "-jwt_issuer with the issuer of the tokens, as two elements of args"}};
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS301",
    .name = "key-without-issuer",
    .title = "There is a key for user tokens but no issuer",
    .rationale =
        "Portworx looks a token's key up by its issuer; what it does without one is not "
        "documented.",
    .fix =
        "Add the arguments -jwt_issuer and the issuer that the tokens carry as iss (spec.env "
        "of a StorageCluster: PORTWORX_AUTH_JWT_ISSUER).",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].args[*]}{@}{\"\\n\"}{end}{range "
        ".items[*].spec.containers[*].env[?(@.name==\"PORTWORX_AUTH_JWT_ISSUER\")]}{.name} "
        "{.value}{\"\\n\"}{end}' | grep -iA1 issuer",
    .source =
        "Portworx documentation, PX-Security on Kubernetes clusters: the issuer must match the "
        "tokens.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::key_without_issuer
