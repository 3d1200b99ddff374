// Who asks Portworx for something without a token. The rules of each kind say it when the object
// itself is reviewed, and PXS906 when guest access is turned off for all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/model/pxctl_calls.h"
#include "rules/rule.h"

namespace pxguard::rules {

using Words = std::vector<std::string>;

// Operations for which a class names no Secret at all; half of a pair is PXS603's matter.
// Of a CSI class those that every volume needs, expansion where it is allowed.
[[nodiscard]] Words tokenless_operations(const model::StorageClass& storage_class);
// Of a Direct Access class the two that attach and stage.
[[nodiscard]] Words tokenless_attachment(const model::StorageClass& storage_class);
[[nodiscard]] Words tokenless_operations(const model::SnapshotClass& snapshot_class);
[[nodiscard]] bool is_in_tree_without_token(const model::StorageClass& storage_class);
// "no provisioner, node-publish and controller-expand secret"
[[nodiscard]] std::string no_secret_for(const Words& operations);

// Without tokens on purpose: by the policy, or, in what stands already, made by the operator. (At
// admission a name grants nothing: the operator is known by its service account.)
[[nodiscard]] bool is_exempt(const model::StorageClass& storage_class, const ContextBase& context);

// Stork would send no token for it, and it runs.
[[nodiscard]] bool lacks_token(const model::StorkObject& object);
[[nodiscard]] bool lacks_token_name(const model::StorkObject& object);
// A CSI volume of Portworx that is mounted without token.
[[nodiscard]] bool is_volume_without_token(const model::Object& object);

// The first call of pxctl without a token; what may bring one is noted.
[[nodiscard]] std::optional<model::PxctlCall> tokenless_pxctl_call(const model::Workload& workload,
                                                                   const ContextBase& context);

}  // namespace pxguard::rules
