// PXS204: One half of Stork's or Autopilot's authorization is set, or both without need.
#include "rules/checks/shared/crossed_keys.h"
#include "rules/checks/shared/partner.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::stork_auth_incomplete {
namespace {

using model::PortworxConfig;
using model::StorkConfig;

Finding incomplete(const model::FieldPath& at, std::string message, std::string found,
                   std::string want) {
  return {.at = at,
          .severity = Severity::Warning,
          .message = std::move(message),
          .found = std::move(found),
          .want = std::move(want)};
}

Findings while_off(const StorkConfig& stork) {
  const std::string name(stork.component_name());
  const bool has_secret = stork.shared_secret().is_provided();
  const model::Setting& set = has_secret ? stork.shared_secret() : stork.issuer();
  Finding finding =
      incomplete(set.path, name + " is set up for authorization, but PX-Security is off",
                 has_secret ? "PX_SHARED_SECRET" : "PX_JWT_ISSUER",
                 "PX-Security on Portworx too, or neither variable");
  finding.why =
      "The setting has no effect; whoever reads it will believe that the cluster is secured.";
  return {finding};
}

// The documented recipe sets no issuer: Portworx then takes Stork's old one for the apps key.
Findings by_compatibility(const StorkConfig& stork, const PortworxConfig& portworx,
                          const Context<StorkConfig>& context) {
  const bool recipe = stork.is_stork() && stork.shared_secret().is_provided() &&
                      stork.issuer().is_absent() &&
                      portworx.effective(model::AuthKey::AppsKey).is_provided() &&
                      portworx.effective(model::AuthKey::StorkKey).is_absent();
  const bool current = portworx.version() && *portworx.version() >= model::kPortworxAppsKey &&
                       stork.version() && *stork.version() >= model::kStorkIssuer;
  if (!recipe || !current || is_set_by_operator(stork, portworx) || is_crossed(stork, context))
    return {};
  Finding finding = incomplete(stork.path(), "Stork's issuer is left to its default",
                               "no PX_JWT_ISSUER", "PX_JWT_ISSUER with the value apps.portworx.io");
  finding.severity = Severity::Info;
  finding.why =
      "The default is the issuer of Portworx before 2.6, which is still accepted, by compatibility "
      "only.";
  finding.fix = "Add PX_JWT_ISSUER with the value apps.portworx.io.";
  if (stork.env().last(model::kStorkIssuerEnv) == nullptr) {
    finding.repair = {{Edit::append(stork.path(), model::kStorkIssuerEnv, model::kAppsIssuer)}};
  }
  return {finding};
}

Findings on_stork(const StorkConfig& stork, const Context<StorkConfig>& context) {
  const bool any = stork.shared_secret().is_provided() || stork.issuer().is_provided();
  if (!any || stork.is_driver_unknown()) return {};
  const auto lookup = context.view.portworx(stork.object());
  if (lookup.is_unknown()) context.unverified(lookup.needs());
  const PortworxConfig* portworx = lookup.get();
  if (portworx != nullptr && portworx->security() == model::Security::Off) return while_off(stork);
  const bool is_secured = portworx != nullptr && portworx->security() == model::Security::On;
  // With a Portworx that is secured, PXS201 and PXS206 speak of the missing secret.
  if (!is_secured && stork.issuer().is_provided() && context.is_missing(stork.shared_secret())) {
    return {incomplete(stork.issuer().path,
                       std::string(stork.component_name()) + " has an issuer but no key",
                       "PX_JWT_ISSUER without PX_SHARED_SECRET", "both, or neither")};
  }
  return is_secured ? by_compatibility(stork, *portworx, context) : Findings{};
}

Findings on_velero(const model::Object& object, const Context<model::Object>&) {
  if (object.kind() != "BackupStorageLocation" || object.id().group() != "velero.io") return {};
  const json::Value config = object.root()["spec"]["config"];
  if (config["PX_JWT_ISSUER"].text().empty() || !config["PX_SHARED_SECRET"].text().empty())
    return {};
  return {incomplete(model::FieldPath{"spec", "config", "PX_JWT_ISSUER"},
                     "Velero's plugin has an issuer but no key",
                     "PX_JWT_ISSUER without PX_SHARED_SECRET", "both, or neither")};
}

constexpr Check kChecks[] = {on_stork, on_velero};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS204",
    .name = "stork-auth-incomplete",
    .title = "Stork's authorization is only half set up",
    .rationale = "Without a key no token is sent, whatever the issuer: calls arrive as a guest's.",
    .fix = "Set PX_SHARED_SECRET and PX_JWT_ISSUER together, or remove both.",
    .by_hand =
        "kubectl get pods -A -l name=stork -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep -E 'PX_(SHARED|JWT)' | sort | uniq -c",
    .source =
        "stork drivers/volume/portworx/portworx.go; portworx/velero-plugin pkg/snapshot/plugin.go.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::stork_auth_incomplete
