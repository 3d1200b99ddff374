// What a request takes away: what stood in the old version of an object as an edit would make it,
// and stands there no longer.
//
// Threads: safe.
#pragma once

#include "base/json.h"
#include "rules/edit.h"

namespace pxguard::webhook {

// The old version was already as this edit makes the new one. Elements go by their names: in
// another version they have other positions.
bool was_so(const rules::Edit& edit, json::Value now, json::Value old);

}  // namespace pxguard::webhook
