// PXS103: Portworx is new enough for the apps key, but Stork's key still goes by its old name.
#include <algorithm>
#include <string>

#include "rules/checks/shared/repairs.h"
#include "rules/checks/shared/versions.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::stork_key_deprecated {
namespace {

using model::AuthKey;
using model::PortworxConfig;

// Such a Stork signs with the old issuer only, and the old name is right for it.
bool has_old_stork(const PortworxConfig& portworx, const ContextBase& context) {
  const auto storks = context.view.storks(portworx.object()).configs;
  return std::any_of(storks.begin(), storks.end(), [&](const model::StorkConfig* stork) {
    return is_older(stork_version(*stork, context), model::kStorkIssuer);
  });
}

Repair rename_key(const PortworxConfig& portworx) {
  const model::Setting& written = portworx.variable(AuthKey::StorkKey);
  if (written.form != model::Setting::Form::SecretKey) return {};
  return rename_variable(portworx.env(), written.path, model::auth_name(AuthKey::AppsKey).variable);
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  if (!portworx.is_written_by_user()) return {};
  const model::Setting& stork_key = portworx.effective(AuthKey::StorkKey);
  if (!stork_key.is_provided() || !context.is_missing(portworx.effective(AuthKey::AppsKey)))
    return {};
  if (is_fragment(portworx, context)) return {};
  const auto version = portworx_version(portworx, context);
  if (is_older(version, model::kPortworxAppsKey) || has_old_stork(portworx, context)) return {};
  const std::string with = version ? " with Portworx " + version->display() : "";
  return {{.at = stork_key.path,
           .severity = version ? Severity::Warning : Severity::Info,
           .found = "PORTWORX_AUTH_STORK_KEY" + with,
           .want = version ? "PORTWORX_AUTH_SYSTEM_APPS_KEY"
                           : "PORTWORX_AUTH_SYSTEM_APPS_KEY, if this is Portworx 2.6 or newer",
           .reference = stork_key.display(),
           .repair = version ? rename_key(portworx) : Repair{}}};
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS103",
    .name = "stork-key-deprecated",
    .title = "The key for Stork's tokens goes by its name of before Portworx 2.6",
    .rationale =
        "It verifies Stork's old issuer only: Autopilot, the operator and a Stork with issuer "
        "apps.portworx.io are refused.",
    .fix =
        "Rename PORTWORX_AUTH_STORK_KEY to PORTWORX_AUTH_SYSTEM_APPS_KEY, with Stork 2.5 or "
        "newer; the secretKeyRef stays.",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep AUTH | sort | uniq -c",
    .source =
        "Portworx 2.6.0 release notes; Portworx documentation, PX-Security on Kubernetes clusters.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::stork_key_deprecated
