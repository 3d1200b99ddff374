#include "rules/checks/shared/key_secrets.h"

#include <algorithm>
#include <optional>

#include "rules/model/portworx_names.h"

namespace pxguard::rules {
namespace {

bool refers(const model::Setting& setting, const model::SecretFacts& secret,
            std::string_view setting_ns, std::optional<std::string_view> key) {
  return setting.ref && setting.form != model::Setting::Form::ConfigMapKey &&
         setting_ns == secret.id().ns && setting.ref->name == secret.id().name &&
         (!key || setting.ref->key == *key);
}

Use use(const model::SecretFacts& secret, std::optional<std::string_view> key,
        const ContextBase& context) {
  const auto lookup = context.view.portworx(context.object);
  const model::PortworxConfig* portworx = lookup.get();
  if (portworx == nullptr) return lookup.is_absent() ? Use::No : Use::Unknown;
  if (portworx->security() == model::Security::Maybe) return Use::Unknown;
  if (portworx->security() == model::Security::Off || portworx->object().is_being_deleted())
    return Use::No;
  bool is_any_maybe = false;
  for (const model::AuthName& name : model::kAuthNames) {
    const model::Setting& setting = portworx->effective(name.key);
    if (refers(setting, secret, portworx->object().id().ns, key)) return Use::Yes;
    is_any_maybe = is_any_maybe || (name.is_secret && setting.is_maybe());
  }
  for (const model::StorkConfig* stork : context.view.storks(portworx->object()).configs) {
    if (refers(stork->shared_secret(), secret, stork->object().id().ns, key)) return Use::Yes;
  }
  return is_any_maybe ? Use::Unknown : Use::No;
}

}  // namespace

Use use_of(const model::SecretFacts& secret, std::string_view key, const ContextBase& context) {
  return use(secret, key, context);
}

Use use_of_any_key(const model::SecretFacts& secret, const ContextBase& context) {
  return use(secret, std::nullopt, context);
}

bool is_referred_to(const model::SecretFacts& secret, const ContextBase& context) {
  return use(secret, std::nullopt, context) == Use::Yes;
}

}  // namespace pxguard::rules
