#include "rules/checks/shared/guest_access.h"

namespace pxguard::rules {
namespace {

enum class State { Off, Unknown, On, GuestOff };

State state_of_portworx(const ContextBase& context) {
  const auto lookup = context.view.portworx(context.object);
  const bool assumed = context.settings.assume_security;
  if (lookup.is_unknown() && !assumed) context.unverified(lookup.needs());
  if (lookup.is_unknown()) return assumed ? State::On : State::Unknown;
  if (lookup.get() == nullptr || !is_on(*lookup.get(), context)) return State::Off;
  return is_guest_off(*lookup.get()) ? State::GuestOff : State::On;
}

}  // namespace

bool is_guest_off(const model::StorageCluster& cluster) {
  return cluster.is_security_enabled() && cluster.guest_access() == "Disabled";
}

bool is_guest_off(const model::PortworxConfig& portworx) {
  return portworx.storage_cluster() && is_guest_off(*portworx.storage_cluster());
}

std::optional<Severity> weight_of_missing_token(const ContextBase& context) {
  switch (state_of_portworx(context)) {
    case State::GuestOff: return Severity::Error;
    case State::On: return Severity::Warning;
    default: return std::nullopt;
  }
}

bool is_known_off(const ContextBase& context) {
  const auto lookup = context.view.portworx(context.object);
  if (lookup.get() == nullptr) return lookup.is_absent();
  return lookup.get()->security() == model::Security::Off;
}

bool is_secured(const ContextBase& context) { return weight_of_missing_token(context).has_value(); }

std::string_view portworx_namespace(const ContextBase& context) {
  const auto lookup = context.view.portworx(context.object);
  if (lookup.get() != nullptr && !lookup.get()->object().id().ns.empty())
    return lookup.get()->object().id().ns;
  return context.settings.portworx_namespace;
}

}  // namespace pxguard::rules
