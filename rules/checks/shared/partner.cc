#include "rules/checks/shared/partner.h"

#include "rules/checks/shared/versions.h"

namespace pxguard::rules {

using model::AuthKey;
using model::PortworxConfig;
using model::StorkConfig;

const PortworxConfig* secured_partner(const StorkConfig& stork, const ContextBase& context) {
  if (stork.is_driver_unknown()) {
    context.unverified("the value of --driver");
    return nullptr;
  }
  const auto portworx = context.view.portworx(stork.object());
  if (portworx.is_unknown()) context.unverified(portworx.needs());
  if (portworx.get() == nullptr || !is_on(*portworx.get(), context)) return nullptr;
  return portworx.get();
}

bool is_assumed(const StorkConfig& stork, const ContextBase& context) {
  return context.settings.assume_security && !stork.is_driver_unknown() &&
         context.view.portworx(stork.object()).is_unknown();
}

bool is_set_by_operator(const StorkConfig& stork, const PortworxConfig& portworx) {
  return stork.is_part_of_storage_cluster() && !portworx.is_written_by_user();
}

model::Setting operator_apps_key() {
  return {.presence = model::Setting::Presence::Provided,
          .form = model::Setting::Form::Operator,
          .ref = model::SecretRef{std::string(model::kSystemSecrets),
                                  std::string(model::kAppsSecretKey)}};
}

std::optional<AuthKey> partner_key(const StorkConfig& stork, const PortworxConfig& portworx) {
  // Before 2.5 Stork reads no issuer: it signs as stork.openstorage.io, whatever is written.
  const bool reads_issuer = !is_older(stork.version(), model::kStorkIssuer);
  const std::string issuer = reads_issuer ? stork.issuer().text.value_or("") : std::string();
  if (issuer == model::kAppsIssuer) return AuthKey::AppsKey;
  if (issuer == model::kOperatorIssuer) return AuthKey::JwtSharedSecret;
  if (!issuer.empty() && issuer != model::kStorkIssuerName) return std::nullopt;
  return portworx.effective(AuthKey::StorkKey).is_absent() ? AuthKey::AppsKey : AuthKey::StorkKey;
}

bool has_unknown_issuer(const StorkConfig& stork, const ContextBase& context) {
  const model::Setting& issuer = stork.issuer();
  if (issuer.is_absent() || (issuer.is_provided() && issuer.text)) return false;
  context.unverified(issuer.is_maybe() ? issuer.needs : "the value of PX_JWT_ISSUER");
  return true;
}

bool has_two_candidates(const StorkConfig& stork, const PortworxConfig& portworx,
                        const ContextBase& context) {
  if (!stork.issuer().is_absent()) return false;
  const model::Setting& stork_key = portworx.effective(AuthKey::StorkKey);
  const model::Setting& apps_key = portworx.effective(AuthKey::AppsKey);
  if (!stork_key.is_provided() || !apps_key.is_provided()) return false;
  const std::string_view ns = portworx.object().id().ns;
  if (compare(stork_key, ns, apps_key, ns, context.view, portworx.object()) ==
      model::Sameness::Same)
    return false;
  context.unverified("PX_JWT_ISSUER on Stork, since Portworx has two different keys for it");
  return true;
}

std::string named_object(const model::Object& object, const model::Object& reviewed) {
  if (object.id().ns == reviewed.id().ns) return object.id().display();
  return "a " + object.id().kind + " in another namespace";
}

std::string named_reference(const model::Setting& setting, const PortworxConfig& portworx,
                            const model::Object& reviewed) {
  if (portworx.object().id().ns != reviewed.id().ns)
    return "the key that Portworx has, in another namespace";
  if (&portworx.object() == &reviewed) return setting.display();
  return setting.display() + " (as " + portworx.object().id().display() + " has it)";
}

}  // namespace pxguard::rules
