// Workloads that belong to Portworx itself: the vendor's matter, not the user's.
// Source: operator drivers/storage/portworx/component/*.go (names and images).
#pragma once

#include "rules/rule.h"

namespace pxguard::rules {

// By its owner, or by image and kind: a Job that merely runs in an image of Portworx is none.
[[nodiscard]] bool is_portworx_component(const model::Workload& workload);

}  // namespace pxguard::rules
