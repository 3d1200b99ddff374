#include "rules/checks/shared/crossed_keys.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "rules/model/portworx_names.h"

namespace pxguard::rules {
namespace {

using model::AuthKey;
using model::PortworxConfig;
using model::SecretRef;
using model::StorkConfig;

struct Reading {
  Role role;
  SecretRef ref;
};

// What the secret variables of both sides read.
std::vector<Reading> readings(const PortworxConfig* portworx,
                              const std::vector<const StorkConfig*>& storks, std::string_view ns) {
  std::vector<Reading> found;
  if (portworx != nullptr && portworx->object().id().ns == ns) {
    for (const model::AuthName& name : model::kAuthNames) {
      const auto role = role_of_variable(name.key);
      const model::Setting& setting = portworx->variable(name.key);
      if (role && setting.form == model::Setting::Form::SecretKey)
        found.push_back({*role, *setting.ref});
    }
  }
  for (const StorkConfig* stork : storks) {
    const model::Setting& setting = stork->shared_secret();
    if (stork->object().id().ns != ns || setting.form != model::Setting::Form::SecretKey) continue;
    const bool operator_issuer = stork->issuer().text == model::kOperatorIssuer;
    found.push_back({operator_issuer ? Role::Shared : Role::Apps, *setting.ref});
  }
  return found;
}

bool is_evident(Role role, Role meant, const SecretRef& ref, const std::vector<Reading>& all) {
  return std::any_of(all.begin(), all.end(), [&](const Reading& other) {
    const bool other_key =
        other.role != role && other.ref.name == ref.name && other.ref.key != ref.key;
    const bool rightful = other.role == meant && other.role != role && other.ref == ref;
    return other_key || rightful;
  });
}

bool is_crossed(Role role, const model::Setting& setting, const PortworxConfig* portworx,
                const std::vector<const StorkConfig*>& storks, std::string_view ns,
                const ContextBase& context) {
  if (setting.form != model::Setting::Form::SecretKey) return false;
  const auto meant = role_of_key(setting.ref->key);
  if (!meant || *meant == role) return false;
  return is_documented_secret(setting.ref->name, portworx, context) ||
         is_evident(role, *meant, *setting.ref, readings(portworx, storks, ns));
}

}  // namespace

std::optional<Role> role_of_key(std::string_view key) {
  if (key == model::kSystemSecretKey) return Role::System;
  if (key == model::kAppsSecretKey || key == model::kStorkSecretKey) return Role::Apps;
  if (key == model::kSharedSecretKey) return Role::Shared;
  return std::nullopt;
}

std::optional<Role> role_of_variable(AuthKey variable) {
  switch (variable) {
    case AuthKey::SystemKey: return Role::System;
    case AuthKey::AppsKey:
    case AuthKey::StorkKey: return Role::Apps;
    case AuthKey::JwtSharedSecret: return Role::Shared;
    default: return std::nullopt;
  }
}

bool is_documented_secret(std::string_view name, const PortworxConfig* portworx,
                          const ContextBase& context) {
  if (context.settings.names_key_secret(name)) return true;
  return portworx != nullptr && portworx->storage_cluster() && !portworx->is_written_by_user() &&
         name == portworx->storage_cluster()->shared_secret_name();
}

bool is_crossed(const PortworxConfig& portworx, AuthKey variable, const ContextBase& context) {
  const auto role = role_of_variable(variable);
  if (!role) return false;
  const auto storks = context.view.storks(portworx.object()).configs;
  return is_crossed(*role, portworx.variable(variable), &portworx, storks,
                    portworx.object().id().ns, context);
}

bool is_crossed(const StorkConfig& stork, const ContextBase& context) {
  const auto portworx = context.view.portworx(stork.object());
  const bool operator_issuer = stork.issuer().text == model::kOperatorIssuer;
  return is_crossed(operator_issuer ? Role::Shared : Role::Apps, stork.shared_secret(),
                    portworx.get(), {&stork}, stork.object().id().ns, context);
}

}  // namespace pxguard::rules
