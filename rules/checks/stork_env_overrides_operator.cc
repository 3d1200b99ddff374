// PXS205: spec.stork.env or spec.autopilot.env overrides what the operator would set, with a key
// that Portworx does not verify with.
#include <optional>
#include <string>

#include "rules/checks/shared/crossed_keys.h"
#include "rules/checks/shared/partner.h"
#include "rules/checks/shared/versions.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::stork_env_overrides_operator {
namespace {

using model::AuthKey;
using model::PortworxConfig;
using model::Sameness;
using model::Setting;
using model::StorkConfig;

bool has_entry(const StorkConfig& stork, std::string_view name) {
  return stork.env().last(name) != nullptr;
}

// An entry that sets nothing: it takes the operator's value away all the same.
bool is_emptied(const StorkConfig& stork) {
  return stork.shared_secret().is_absent() && has_entry(stork, model::kSharedSecretEnv);
}

// Its entry, else what the operator sets; then the issuer's entry is what is wrong.
Setting key_of(const StorkConfig& stork) {
  if (!stork.shared_secret().is_absent()) return stork.shared_secret();
  Setting key = operator_apps_key();
  key.path = stork.issuer().path;
  return key;
}

// What Stork's tokens name: its entry, else what the operator sets. An empty entry is Stork's own
// default. None where it is out of view, which is noted.
std::optional<std::string> issuer_of(const StorkConfig& stork, const PortworxConfig& portworx,
                                     const ContextBase& context) {
  if (!stork.is_stork()) return std::string(model::kAppsIssuer);
  if (has_unknown_issuer(stork, context)) return std::nullopt;
  if (stork.issuer().text) return stork.issuer().text;
  const bool is_old = has_entry(stork, model::kStorkIssuerEnv) ||
                      is_older(portworx_version(portworx, context), model::kPortworxAppsKey);
  return std::string(is_old ? model::kStorkIssuerName : model::kAppsIssuer);
}

// The key that Portworx verifies such tokens with. None of an issuer that it does not know: what
// is wrong then is the issuer, which PXS203 says.
std::optional<Setting> partner_of(const StorkConfig& stork, const PortworxConfig& portworx,
                                  std::string_view issuer, const ContextBase& context) {
  if (issuer == model::kAppsIssuer) return operator_apps_key();
  if (issuer == model::kStorkIssuerName) {
    const Setting& old_key = portworx.effective(AuthKey::StorkKey);
    const bool is_own = old_key.form != Setting::Form::Operator && !old_key.is_absent() &&
                        !is_before_apps_key(stork, portworx, context);
    return is_own ? old_key : operator_apps_key();
  }
  const bool is_trusted = issuer == model::kOperatorIssuer &&
                          portworx.storage_cluster()->issuer() == model::kOperatorIssuer;
  return is_trusted ? std::optional(portworx.effective(AuthKey::JwtSharedSecret)) : std::nullopt;
}

Finding overrides(const StorkConfig& stork, const Setting& partner) {
  const Setting key = key_of(stork);
  const std::string name(stork.component_name());
  const bool is_written = key.form != Setting::Form::Operator && key.form != Setting::Form::EnvFrom;
  const std::string issuer =
      stork.is_stork() && stork.issuer().text ? ", with issuer " + stork.issuer().display() : "";
  return {.at = key.path,
          .message = name + " overrides the operator, and its key is not Portworx's",
          .found = key.display() + issuer,
          .want = partner.display(),
          .reference = key.display(),
          .repair = is_written ? Repair{{Edit::remove(key.path)}} : Repair{}};
}

Finding takes_key_away(const StorkConfig& stork, const Setting& partner) {
  Finding finding = overrides(stork, partner);
  finding.message = "An empty entry takes away the key that the operator gives Stork";
  finding.at = stork.shared_secret().path;
  finding.found = "PX_SHARED_SECRET set to nothing";
  finding.why = "Stork sends no token then: it reaches Portworx as a guest.";
  finding.reference = "nothing";
  finding.repair = {{Edit::remove(finding.at)}};
  return finding;
}

Findings compare_with(const Setting& partner, const StorkConfig& stork,
                      const ContextBase& context) {
  const std::string_view ns = stork.object().id().ns;
  if (!context.is_provided(partner)) return {};
  const Setting key = key_of(stork);
  const Sameness sameness = compare(key, ns, partner, ns, context.view, stork.object());
  if (sameness == Sameness::Same) return {};
  Finding finding = overrides(stork, partner);
  if (sameness == Sameness::Different) return {finding};
  context.unverified("the bytes of " + key.display() + " and of " + partner.display());
  if (stork.is_stork() && is_crossed(stork, context)) return {};
  const std::string name(stork.component_name());
  finding.severity = Severity::Warning;
  finding.message = name + " overrides the operator, and its key is not proven to be right";
  finding.why =
      "This entry replaces the operator's: unless both keys are the same, Portworx "
      "refuses every token of " +
      name + '.';
  return {finding};
}

Findings on_stork(const StorkConfig& stork, const Context<StorkConfig>& context) {
  const auto lookup = context.view.portworx(stork.object());
  const PortworxConfig* portworx = lookup.get();
  if (portworx == nullptr || !is_set_by_operator(stork, *portworx)) return {};
  const bool overrides_key = has_entry(stork, model::kSharedSecretEnv);
  const bool overrides_issuer = stork.is_stork() && has_entry(stork, model::kStorkIssuerEnv);
  if (!overrides_key && !overrides_issuer) return {};
  if (stork.shared_secret().is_maybe()) {
    context.unverified(stork.shared_secret().needs);
    return {};
  }
  // Without a key Autopilot is PXS206's matter.
  if (!stork.is_stork() && is_emptied(stork)) return {};
  const auto issuer = issuer_of(stork, *portworx, context);
  const auto partner =
      issuer ? partner_of(stork, *portworx, *issuer, context) : std::optional<Setting>{};
  if (!partner) return {};
  if (is_emptied(stork)) return {takes_key_away(stork, *partner)};
  return compare_with(*partner, stork, context);
}

constexpr Check kChecks[] = {on_stork};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS205",
    .name = "stork-env-overrides-operator",
    .title = "A variable overrides the operator's, and Stork's key is not Portworx's",
    .rationale =
        "This entry replaces the operator's, and Portworx verifies with another key: it refuses "
        "every token of Stork or Autopilot.",
    .fix =
        "Remove PX_SHARED_SECRET and PX_JWT_ISSUER from spec.stork.env and spec.autopilot.env: the "
        "operator sets them.",
    .by_hand =
        "kubectl get storagecluster -A -o jsonpath=\"{range "
        ".items[*].spec['stork','autopilot'].env[*]}{.name} "
        "{.valueFrom.secretKeyRef}{'\\n'}{end}\"",
    .source =
        "operator drivers/storage/portworx/portworx.go, GetStorkEnvMap; "
        "pkg/controller/storagecluster/stork.go; component/autopilot.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::stork_env_overrides_operator
