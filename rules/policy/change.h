// What a change means: whether a fault was there before, and whether the change makes pods roll
// into faults that were only waiting for that.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "rules/apply.h"

namespace pxguard::policy {

// A path with the names of elements and without their positions: those before them come and go.
std::string without_positions(std::string_view path);

// The same rule, at the same place by names, about the same reference: the same fault. Positions
// in lists do not count, since an element before it may come or go.
std::string fault_key(const rules::Rule& rule, const rules::Finding& finding);

// The change touches an image or an authorization setting of Portworx, Stork or Autopilot, and is
// neither a repair nor a rollback.
bool rolls_into_old_faults(const rules::Views& old, const rules::Views& now,
                           const std::set<std::string>& old_faults,
                           const std::set<std::string>& faults);

}  // namespace pxguard::policy
