// PXS101: PX-Security is on, but the key that nodes sign their tokens with is not there.
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::system_key_missing {
namespace {

using model::AuthKey;

// Only the policy knows which Secret holds the keys of a manual install.
Repair add_key(const model::PortworxConfig& portworx, const ContextBase& context) {
  const auto& secrets = context.settings.key_secrets;
  if (secrets.size() != 1) return {};
  return {{Edit::append(portworx.env().path, model::auth_name(AuthKey::SystemKey).variable,
                        {secrets.front(), std::string(model::kSystemSecretKey)})}};
}

Findings on_portworx(const model::PortworxConfig& portworx,
                     const Context<model::PortworxConfig>& context) {
  if (!portworx.is_written_by_user() || portworx.is_helper() || !is_on(portworx, context))
    return {};
  const model::Setting& key = portworx.effective(AuthKey::SystemKey);
  if (!context.is_missing(key)) return {};
  if (is_fragment(portworx, context)) return {};
  return {{.at = portworx.env().path,
           .found = "no PORTWORX_AUTH_SYSTEM_KEY",
           .want = "PORTWORX_AUTH_SYSTEM_KEY from a Secret, as in secret pxkeys, key system-secret",
           .repair = add_key(portworx, context)}};
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS101",
    .name = "system-key-missing",
    .title = "PX-Security is on without the system key",
    .rationale =
        "Portworx nodes sign the tokens for each other with this key; without it they do not trust "
        "one another.",
    .fix =
        "Add the variable PORTWORX_AUTH_SYSTEM_KEY to the Portworx container, with a secretKeyRef.",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep AUTH | sort | uniq -c",
    .source =
        "Portworx documentation, PX-Security on Kubernetes clusters: the variable is required.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::system_key_missing
