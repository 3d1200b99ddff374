// PXS201: Portworx is secured, but Stork has no key to sign its tokens with.
#include "rules/checks/shared/partner.h"
#include "rules/checks/shared/repairs.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::stork_shared_secret_missing {
namespace {

using model::PortworxConfig;
using model::StorkConfig;

std::string wanted_reference(const StorkConfig& stork, const PortworxConfig* portworx,
                             const ContextBase& context) {
  constexpr std::string_view kUnknown =
      "the key that Portworx has as PORTWORX_AUTH_SYSTEM_APPS_KEY";
  if (portworx == nullptr) return std::string(kUnknown);
  const model::Setting& key =
      portworx->effective(partner_key(stork, *portworx).value_or(model::AuthKey::AppsKey));
  return key.is_provided() ? named_reference(key, *portworx, context.object)
                           : std::string(kUnknown);
}

// Without an issuer Portworx would take the key by compatibility only, where it is new enough.
bool wants_issuer(const StorkConfig& stork, const PortworxConfig& portworx) {
  return stork.issuer().is_absent() && portworx.version() && stork.version() &&
         *portworx.version() >= model::kPortworxAppsKey && *stork.version() >= model::kStorkIssuer;
}

Repair add_key(const StorkConfig& stork, const PortworxConfig* portworx,
               const ContextBase& context) {
  const auto role = portworx == nullptr ? std::nullopt : partner_key(stork, *portworx);
  if (!role || stork.env().last(model::kSharedSecretEnv) != nullptr) return {};
  const auto ref = usable_reference(portworx->effective(*role), *portworx, context.object);
  if (!ref) return {};
  Repair repair{{Edit::append(stork.path(), model::kSharedSecretEnv, *ref)}};
  if (*role == model::AuthKey::AppsKey && wants_issuer(stork, *portworx))
    repair.edits.push_back(Edit::append(stork.path(), model::kStorkIssuerEnv, model::kAppsIssuer));
  return repair;
}

Findings on_stork(const StorkConfig& stork, const Context<StorkConfig>& context) {
  if (!stork.is_stork()) return {};
  const PortworxConfig* portworx = secured_partner(stork, context);
  if (portworx == nullptr ? !is_assumed(stork, context) : is_set_by_operator(stork, *portworx))
    return {};
  if (!context.is_missing(stork.shared_secret())) return {};
  if (is_fragment(stork, context)) return {};
  return {{.at = stork.path(),
           .found = "no PX_SHARED_SECRET",
           .want = "PX_SHARED_SECRET from " + wanted_reference(stork, portworx, context),
           .repair = add_key(stork, portworx, context)}};
}

// Security may be turned on in either order; whoever turns it on is told what comes next.
Findings on_leader(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  if (context.moment != Moment::Admission || portworx.is_helper()) return {};
  if (portworx.security() != model::Security::On) return {};
  Findings findings;
  for (const StorkConfig* stork : context.view.storks(portworx.object()).configs) {
    if (stork->is_part_of_storage_cluster() || !stork->shared_secret().is_absent()) continue;
    findings.push_back(
        {.at = portworx.path(),
         .message = "Stork has no key yet for a Portworx that is secured",
         .found = "no PX_SHARED_SECRET in " + named_object(stork->object(), context.object),
         .want = "PX_SHARED_SECRET there, equal to PORTWORX_AUTH_SYSTEM_APPS_KEY here",
         .fix = "Change Stork next: until then it reaches Portworx as a guest.",
         .at_admission = Action::Warn,
         .reference = stork->object().id().display()});
  }
  return findings;
}

constexpr Check kChecks[] = {on_stork, on_leader};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS201",
    .name = "stork-shared-secret-missing",
    .title = "Stork has no key for a Portworx that is secured",
    .rationale =
        "Stork sends no token then: snapshots, migrations and backups fail as soon as guests are "
        "refused.",
    .fix =
        "Add PX_SHARED_SECRET to the container stork (spec.stork.env of a StorageCluster), "
        "with the secretKeyRef that Portworx has for its apps key.",
    .by_hand =
        "kubectl get pods -A -l name=stork -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep -E 'PX_(SHARED|JWT)' | sort | uniq -c",
    .source =
        "Portworx documentation, PX-Security on Kubernetes clusters; stork "
        "drivers/volume/portworx/portworx.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::stork_shared_secret_missing
