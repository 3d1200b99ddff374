#include "rules/checks/shared/env_lists.h"

#include <cstddef>

#include "rules/model/portworx_names.h"

namespace pxguard::rules {
namespace {

model::Setting read(const model::EnvList& list, std::size_t count, std::string_view name,
                    const ContextBase& context) {
  static const std::vector<model::Argument> none;
  const model::Settings settings({context.object, list, none, context.view, count});
  return settings.variable(name, is_public_variable(name));
}

}  // namespace

EnvLists env_lists(const model::StorageCluster& cluster) {
  EnvLists lists;
  const auto add = [&lists](json::Value env, const model::FieldPath& owner) {
    lists.push_back(std::make_shared<const model::EnvList>(model::EnvList::read(env, {}, owner)));
  };
  add(cluster.spec()["env"], model::FieldPath{"spec"});
  std::size_t index = 0;
  const model::FieldPath nodes{"spec", "nodes"};
  for (const json::Value node : cluster.spec()["nodes"].elements()) {
    add(node["env"], nodes.element(index++));
  }
  return lists;
}

EnvLists env_lists(const model::PortworxConfig& portworx) {
  if (portworx.storage_cluster()) return env_lists(*portworx.storage_cluster());
  return {portworx.shared_env()};
}

model::Setting setting_in(const model::EnvList& list, std::string_view name,
                          const ContextBase& context) {
  return read(list, list.variables.size(), name, context);
}

model::Setting setting_of(const model::EnvList& list, const model::EnvVar& entry,
                          const ContextBase& context) {
  const auto count = static_cast<std::size_t>(&entry - list.variables.data()) + 1;
  return read(list, count, entry.name(), context);
}

bool is_auth_variable(std::string_view name) {
  return model::auth_name(name) != nullptr || name == model::kSharedSecretEnv ||
         name == model::kStorkIssuerEnv;
}

bool is_public_variable(std::string_view name) {
  const model::AuthName* known = model::auth_name(name);
  return name == model::kStorkIssuerEnv || (known != nullptr && !known->is_secret);
}

}  // namespace pxguard::rules
