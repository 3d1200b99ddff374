// PXS102: Stork works with this Portworx, but the key that verifies its tokens is not there.
#include <algorithm>
#include <string>
#include <vector>

#include "rules/checks/shared/repairs.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::apps_key_missing {
namespace {

using model::AuthKey;
using model::PortworxConfig;
using model::StorkConfig;

// With issuer operator.portworx.io Stork signs with the JWT shared secret instead.
bool needs_apps_key(const StorkConfig& stork, const ContextBase& context) {
  if (stork.is_driver_unknown()) {
    context.unverified("the value of --driver of Stork");
    return false;
  }
  if (stork.issuer().is_maybe()) {
    context.unverified(stork.issuer().needs);
    return false;
  }
  if (stork.issuer().is_provided() && !stork.issuer().text) {
    context.unverified("the value of PX_JWT_ISSUER");
    return false;
  }
  return stork.issuer().text != model::kOperatorIssuer;
}

// Where Stork's own key comes from, for whoever has to add its partner.
std::string source_of_key(const StorkConfig& stork, const model::Object& reviewed) {
  const model::Setting& key = stork.shared_secret();
  const bool nearby = stork.object().id().ns == reviewed.id().ns;
  if (!nearby || key.form != model::Setting::Form::SecretKey) return "the Secret that Stork reads";
  return key.display() + " (as Stork has it)";
}

Repair add_key(const StorkConfig& stork, const PortworxConfig& portworx,
               std::string_view variable) {
  const model::Setting& key = stork.shared_secret();
  const bool is_usable = key.is_provided() && key.form == model::Setting::Form::SecretKey &&
                         shares_namespace(stork.object(), portworx.object());
  // It may be another key of Portworx that Stork has by mistake.
  const bool is_taken = portworx.effective(AuthKey::SystemKey).ref == key.ref ||
                        portworx.effective(AuthKey::JwtSharedSecret).ref == key.ref;
  if (!is_usable || is_taken) return {};
  return {{Edit::append(portworx.env().path, variable, *key.ref)}};
}

Findings about_stork(const StorkConfig& stork, const PortworxConfig& portworx,
                     const ContextBase& context) {
  const bool old = portworx.version() && *portworx.version() < model::kPortworxAppsKey;
  const std::string variable(model::auth_name(old ? AuthKey::StorkKey : AuthKey::AppsKey).variable);
  return {{.at = portworx.env().path,
           .found = "no " + variable + ", and Stork in use",
           .want = variable + " from " + source_of_key(stork, context.object),
           .repair = add_key(stork, portworx, variable)}};
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  if (!portworx.is_written_by_user() || portworx.is_helper() || !is_on(portworx, context))
    return {};
  if (!context.is_missing(portworx.effective(AuthKey::AppsKey)) ||
      !context.is_missing(portworx.effective(AuthKey::StorkKey))) {
    return {};
  }
  if (is_fragment(portworx, context)) return {};
  std::vector<StorkConfig> own;
  if (portworx.storage_cluster()) own = StorkConfig::of(*portworx.storage_cluster(), context.view);
  for (const StorkConfig& stork : own) {
    if (stork.is_stork() && needs_apps_key(stork, context))
      return about_stork(stork, portworx, context);
  }
  const auto storks = context.view.storks(portworx.object());
  for (const StorkConfig* stork : storks.configs) {
    if (stork->is_part_of_storage_cluster() || !stork->is_stork()) continue;
    if (needs_apps_key(*stork, context)) return about_stork(*stork, portworx, context);
  }
  if (storks.configs.empty() && own.empty() && !storks.complete) {
    context.unverified("the Stork of this cluster, if there is one");
  }
  return {};
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS102",
    .name = "apps-key-missing",
    .title = "Stork is in use, but Portworx has no key for its tokens",
    .rationale =
        "Portworx refuses every token of Stork then: snapshots, migrations and backups stop.",
    .fix =
        "Add PORTWORX_AUTH_SYSTEM_APPS_KEY (the apps key) to Portworx, from the Secret and key "
        "of Stork's PX_SHARED_SECRET.",
    .by_hand =
        "kubectl get pods -A -l 'name in (portworx,stork)' -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep -E 'AUTH|PX_SHARED' | sort | uniq -c",
    .source =
        "Portworx documentation, PX-Security on Kubernetes clusters: required where Stork is used.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::apps_key_missing
