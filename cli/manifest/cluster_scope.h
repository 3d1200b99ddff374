// Kinds that have no namespace, as far as manifests of a Portworx cluster hold them.
#pragma once

#include "rules/model/object.h"

namespace pxguard::manifest {

bool is_cluster_scoped(const model::ObjectId& id);

}  // namespace pxguard::manifest
