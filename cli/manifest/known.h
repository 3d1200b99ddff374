// What is known of a cluster beside the files that are judged: in view for every object of them.
//
// Threads: immutable once made; any number may read.
#pragma once

#include <vector>

#include "rules/model/object.h"
#include "rules/model/secret.h"

namespace pxguard::manifest {

struct Known {
  std::vector<model::Object> objects{};
  std::vector<model::SecretFacts> secrets{};
  std::vector<model::ObjectId> absent{};  // by kind, namespace and name
};

}  // namespace pxguard::manifest
