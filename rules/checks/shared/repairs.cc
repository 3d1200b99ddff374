#include "rules/checks/shared/repairs.h"

#include "rules/model/portworx_names.h"

namespace pxguard::rules {

using model::FieldPath;
using model::PortworxConfig;
using model::SecretRef;

bool shares_namespace(const model::Object& a, const model::Object& b) {
  return a.id().ns == b.id().ns;
}

std::optional<SecretRef> usable_reference(const model::Setting& key, const PortworxConfig& portworx,
                                          const model::Object& reviewed) {
  const bool is_secret = key.is_provided() && key.form != model::Setting::Form::ConfigMapKey;
  if (!is_secret || !shares_namespace(portworx.object(), reviewed)) return std::nullopt;
  return key.ref;
}

Repair refer_to(const FieldPath& entry, const SecretRef& from, const SecretRef& to) {
  const FieldPath reference = entry.key("valueFrom").key("secretKeyRef");
  Repair repair;
  if (from.name != to.name) repair.edits.push_back(Edit::replace(reference.key("name"), to.name));
  if (from.key != to.key) repair.edits.push_back(Edit::replace(reference.key("key"), to.key));
  return repair;
}

Repair rename_variable(const model::EnvList& list, const FieldPath& entry, std::string_view name) {
  if (list.last(name) != nullptr) return {};
  return {{Edit::replace(entry.key("name"), name)}};
}

std::string_view operator_token_namespace(const ContextBase& context) {
  if (!context.settings.token_namespace.empty()) return context.settings.token_namespace;
  const PortworxConfig* portworx = context.view.portworx(context.object).get();
  const bool makes_tokens =
      portworx != nullptr && portworx->install() == PortworxConfig::Install::StorageClusterSecurity;
  return makes_tokens ? std::string_view(portworx->object().id().ns) : std::string_view{};
}

Repair name_user_token(const std::vector<std::string>& operations, const ContextBase& context) {
  const std::string_view home = operator_token_namespace(context);
  Repair repair;
  if (home.empty()) return repair;
  // Parameters of a class cannot be changed: a manifest can, and then the class is made anew.
  if (context.object.kind() == "StorageClass") repair.use = Repair::Use::Creation;
  for (const std::string& operation : operations)
    add_token(repair, FieldPath{"parameters"}, operation, model::kUserToken, home);
  return repair;
}

void add_token(Repair& repair, const FieldPath& map, std::string_view operation,
               std::string_view name, std::string_view ns) {
  const auto key = [operation](std::string_view half) {
    return std::string(model::kCsiPrefix) + std::string(operation) + std::string(half);
  };
  const bool is_csi = !operation.empty();
  repair.edits.push_back(
      Edit::add(map.key(is_csi ? key("-secret-name") : std::string(model::kAuthSecretName)), name));
  repair.edits.push_back(Edit::add(
      map.key(is_csi ? key("-secret-namespace") : std::string(model::kAuthSecretNamespace)), ns));
}

}  // namespace pxguard::rules
