// Kinds of objects by what they are to a Portworx cluster.
//
// Threads: safe.
#pragma once

#include "rules/model/object.h"

namespace pxguard::model {

// What can stop working when Portworx changes: storage and snapshot classes, volumes and claims,
// Stork's objects, and everything with a pod template.
[[nodiscard]] bool can_depend_on_portworx(const ObjectId& id);

// stork.libopenstorage.org, and the legacy snapshots that Stork took over from external-storage.
[[nodiscard]] bool is_of_stork(const ObjectId& id);

}  // namespace pxguard::model
