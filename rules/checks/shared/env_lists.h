// Every list of variables that one Portworx is configured with: the container's, or spec.env and
// nodes[].env of a StorageCluster, also where spec.security makes the operator overwrite them.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "rules/model/container.h"
#include "rules/rule.h"

namespace pxguard::rules {

using EnvLists = std::vector<std::shared_ptr<const model::EnvList>>;
[[nodiscard]] EnvLists env_lists(const model::PortworxConfig& portworx);
[[nodiscard]] EnvLists env_lists(const model::StorageCluster& cluster);

// What one list provides for a name, arguments left out.
[[nodiscard]] model::Setting setting_in(const model::EnvList& list, std::string_view name,
                                        const ContextBase& context);
// The same for one entry of the list: $(NAME) is looked up among the entries before it.
[[nodiscard]] model::Setting setting_of(const model::EnvList& list, const model::EnvVar& entry,
                                        const ContextBase& context);

// PORTWORX_AUTH_*, PX_SHARED_SECRET or PX_JWT_ISSUER.
[[nodiscard]] bool is_auth_variable(std::string_view name);
// Its value may be said.
[[nodiscard]] bool is_public_variable(std::string_view name);

}  // namespace pxguard::rules
