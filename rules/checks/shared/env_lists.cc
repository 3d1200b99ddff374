#include "rules/checks/shared/env_lists.h"

#include <cstddef>

#include "rules/model/portworx_names.h"

namespace pxguard::rules {
namespace {

model::Setting read(const model::EnvList& list, std::string_view name, const ContextBase& context) {
  const std::vector<model::Argument> none;
  const model::Settings settings({context.object, list, none, context.view, ""});
  return settings.variable(name, is_public_variable(name));
}

}  // namespace

std::vector<model::EnvList> env_lists(const model::StorageCluster& cluster) {
  std::vector<model::EnvList> lists;
  lists.push_back(model::EnvList::read(cluster.spec()["env"], {}, model::FieldPath{"spec"}));
  std::size_t index = 0;
  const model::FieldPath nodes{"spec", "nodes"};
  for (const json::Value node : cluster.spec()["nodes"].elements()) {
    lists.push_back(model::EnvList::read(node["env"], {}, nodes.element(index++)));
  }
  return lists;
}

std::vector<model::EnvList> env_lists(const model::PortworxConfig& portworx) {
  if (portworx.storage_cluster()) return env_lists(*portworx.storage_cluster());
  return {portworx.env()};
}

model::Setting setting_in(const model::EnvList& list, std::string_view name,
                          const ContextBase& context) {
  return read(list, name, context);
}

model::Setting setting_of(const model::EnvList& list, const model::EnvVar& entry,
                          const ContextBase& context) {
  const auto count = &entry - list.variables.data() + 1;
  const model::EnvList before{
      {list.variables.begin(), list.variables.begin() + count}, list.sources, list.path};
  return read(before, entry.name(), context);
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
