// Snapshots of the kinds before CSI say which claim they are of, and not whose volume that is.
#pragma once

#include "rules/model/claim.h"
#include "rules/rule.h"

namespace pxguard::rules {

// Whether the volume is Portworx's; yes of everything that is no snapshot. Of a group one such
// volume is enough; of a restore that of the snapshot counts.
[[nodiscard]] model::IsPortworx subject_of_snapshot(const model::StorkObject& object,
                                                    const ContextBase& context);

}  // namespace pxguard::rules
