// PXS203: Stork names an issuer for its tokens that it, or Portworx, does not know.
#include "base/text.h"
#include "rules/checks/shared/partner.h"
#include "rules/checks/shared/repairs.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::stork_issuer_invalid {
namespace {

using model::PortworxConfig;
using model::StorkConfig;

Finding wrong_issuer(const StorkConfig& stork, std::string_view issuer, std::string found,
                     std::string want) {
  return {.at = stork.issuer().path,
          .found = "PX_JWT_ISSUER " + model::shown_text(issuer) + std::move(found),
          .want = std::move(want),
          .reference = printable(issuer, 60)};
}

// The issuer of every Portworx since 2.6, where it has the key for it.
Repair use_apps_issuer(const StorkConfig& stork, const PortworxConfig* portworx) {
  const bool is_known = portworx != nullptr && portworx->version() &&
                        *portworx->version() >= model::kPortworxAppsKey &&
                        portworx->effective(model::AuthKey::AppsKey).is_provided();
  if (!is_known || stork.issuer().form != model::Setting::Form::Literal) return {};
  return {{Edit::replace(stork.issuer().path.key("value"), model::kAppsIssuer)}};
}

Findings operator_issuer(const StorkConfig& stork, std::string_view issuer,
                         const Context<StorkConfig>& context) {
  if (stork.version() && *stork.version() < model::kStorkOperatorIssuer) {
    return {wrong_issuer(stork, issuer, " with Stork " + stork.version()->display(),
                         "apps.portworx.io, or Stork 2.9 or newer")};
  }
  const PortworxConfig* portworx = secured_partner(stork, context);
  if (portworx == nullptr) return {};
  const model::Setting& user_issuer = portworx->effective(model::AuthKey::JwtIssuer);
  if (user_issuer.is_maybe() || (user_issuer.is_provided() && !user_issuer.text)) {
    context.unverified("the issuer that Portworx trusts");
    return {};
  }
  if (user_issuer.text == model::kOperatorIssuer) return {};
  Finding finding =
      wrong_issuer(stork, issuer, ", but Portworx trusts another issuer of user tokens",
                   "apps.portworx.io, with the apps key of Portworx");
  finding.repair = use_apps_issuer(stork, portworx);
  const auto apps_key =
      usable_reference(portworx->effective(model::AuthKey::AppsKey), *portworx, context.object);
  const model::Setting& own = stork.shared_secret();
  if (!finding.repair.empty() && apps_key && own.form == model::Setting::Form::SecretKey) {
    for (Edit& edit : refer_to(own.path, *own.ref, *apps_key).edits)
      finding.repair.edits.push_back(std::move(edit));
  }
  return {finding};
}

Findings apps_issuer(const StorkConfig& stork, std::string_view issuer,
                     const Context<StorkConfig>& context) {
  const PortworxConfig* portworx = secured_partner(stork, context);
  if (portworx == nullptr || !portworx->version() ||
      *portworx->version() >= model::kPortworxAppsKey)
    return {};
  return {wrong_issuer(stork, issuer, " with Portworx " + portworx->version()->display(),
                       "stork.openstorage.io, or Portworx 2.6 or newer")};
}

Findings on_stork(const StorkConfig& stork, const Context<StorkConfig>& context) {
  if (!stork.is_stork() || !context.is_provided(stork.issuer())) return {};
  if (!stork.issuer().text) {
    context.unverified("the value of PX_JWT_ISSUER");
    return {};
  }
  if (stork.is_driver_unknown()) {
    context.unverified("the value of --driver");
    return {};
  }
  const std::string& issuer = *stork.issuer().text;
  if (stork.version() && *stork.version() < model::kStorkIssuer) {
    Finding ignored = wrong_issuer(stork, issuer, " with Stork " + stork.version()->display(),
                                   "Stork 2.5 or newer");
    ignored.severity = Severity::Info;
    ignored.message = "this Stork does not read PX_JWT_ISSUER";
    ignored.why =
        "Stork reads the variable from version 2.5 on; before, its issuer is stork.openstorage.io.";
    ignored.fix = "Remove the variable until Stork is updated; before 2.5 it changes nothing.";
    return {ignored};
  }
  if (issuer == model::kOperatorIssuer) return operator_issuer(stork, issuer, context);
  if (issuer == model::kAppsIssuer) return apps_issuer(stork, issuer, context);
  if (issuer == model::kStorkIssuerName) return {};
  Finding finding = wrong_issuer(stork, issuer, "",
                                 "apps.portworx.io, stork.openstorage.io or operator.portworx.io");
  finding.repair = use_apps_issuer(stork, context.view.portworx(stork.object()).get());
  return {finding};
}

constexpr Check kChecks[] = {on_stork};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS203",
    .name = "stork-issuer-invalid",
    .title = "Stork's token issuer is not one that works here",
    .rationale =
        "Stork ends at its start with an issuer that it does not know, and Portworx refuses tokens "
        "of one that it does not trust.",
    .fix =
        "Set PX_JWT_ISSUER to apps.portworx.io, which Portworx verifies with "
        "PORTWORX_AUTH_SYSTEM_APPS_KEY.",
    .by_hand =
        "kubectl get pods -A -l name=stork -o "
        "jsonpath='{.items[*].spec.containers[*].env[?(@.name==\"PX_JWT_ISSUER\")].value}'",
    .source = "stork drivers/volume/portworx/portworx.go, Init: three issuers are accepted.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::stork_issuer_invalid
