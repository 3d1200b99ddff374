// Which resources of a cluster pxguard reads, and how: what admission needs is watched, the rest is
// listed when an audit is made.
//
// Threads: safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/client.h"
#include "cluster/failure.h"
#include "cluster/resource.h"

namespace pxguard::cluster {

enum class Reading {
  Watched,  // Portworx, Stork and Autopilot, StorageClusters and classes: partners at admission
  Listed,   // what depends on them
  Beside,   // as Listed, but only in the namespaces of Portworx: ConfigMaps, Pods
};

struct Wanted {
  Resource resource{};
  Reading reading = Reading::Listed;
  // Nobody installed it: there are no such objects, which is known.
  bool is_served = true;
};

// Asks the server which of them it knows. Failure: not even that could be read.
Answer<std::vector<Wanted>> reading_list(Client& client);

// Secrets are read by name, and never listed.
[[nodiscard]] const Resource& secrets();
[[nodiscard]] const Resource& pods();

}  // namespace pxguard::cluster
