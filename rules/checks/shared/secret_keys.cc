#include "rules/checks/shared/secret_keys.h"

#include "rules/checks/shared/crossed_keys.h"
#include "rules/checks/shared/key_secrets.h"

namespace pxguard::rules {

bool is_key_secret(const model::SecretFacts& secret, const ContextBase& context) {
  return context.settings.names_key_secret(secret.id().name) || is_referred_to(secret, context);
}

bool is_signing_key(std::string_view key, const model::SecretFacts& secret,
                    const ContextBase& context) {
  return role_of_key(key).has_value() || use_of(secret, key, context) == Use::Yes;
}

model::FieldPath path_of_key(const model::Object& secret, std::string_view key) {
  const bool is_plain = secret.root()["stringData"][key].is_set();
  return model::FieldPath{is_plain ? "stringData" : "data"}.key(key);
}

}  // namespace pxguard::rules
