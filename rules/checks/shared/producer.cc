#include "rules/checks/shared/producer.h"

#include "rules/model/portworx_names.h"

namespace pxguard::rules {

bool has_producer(std::string_view ns, std::string_view name, const ContextBase& context) {
  const auto secret = context.view.secret(context.object, ns, name);
  const bool is_evident = secret.get() != nullptr && secret.get()->has_producer();
  return is_evident || context.view.has_producer(ns, name);
}

bool is_made_by_operator(std::string_view ns, const model::SecretRef& ref,
                         const ContextBase& context) {
  const bool is_system = ref.name == model::kSystemSecrets &&
                         (ref.key == model::kSystemSecretKey || ref.key == model::kAppsSecretKey);
  const auto owner = context.object.controller();
  if (owner && owner->kind == "StorageCluster") {
    return is_system ||
           (ref.name == model::kSharedSecretName && ref.key == model::kSharedSecretKey);
  }
  const auto lookup = context.view.portworx(context.object);
  const model::PortworxConfig* portworx = lookup.get();
  if (portworx == nullptr || portworx->is_written_by_user() || portworx->object().id().ns != ns)
    return false;
  return is_system || (ref.name == portworx->storage_cluster()->shared_secret_name() &&
                       ref.key == model::kSharedSecretKey);
}

bool is_token_of_operator(std::string_view ns, std::string_view name, const ContextBase& context) {
  if (name != model::kUserToken && name != model::kAdminToken) return false;
  const auto portworx = context.view.portworx(context.object);
  return portworx.get() != nullptr && !portworx.get()->is_written_by_user() &&
         portworx.get()->object().id().ns == ns;
}

}  // namespace pxguard::rules
