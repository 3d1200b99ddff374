// Reads a cluster once, for an audit: the whole reading list page by page, the Secrets of the list
// by their names, and what lies beside Portworx.
//
// Threads: one.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cluster/client.h"
#include "cluster/snapshot.h"

namespace pxguard::cluster {

struct ReadOptions {
  std::vector<std::string>
      secrets{};                     // that may be read: NAME, where Portworx is, or NAMESPACE/NAME
  std::string portworx_namespace{};  // where they may lie besides the namespaces of Portworx
};

// Failure: nothing could be read. Kinds that are forbidden or fail are part of the answer.
Answer<std::shared_ptr<const Snapshot>> read_cluster(Client& client, const ReadOptions& options);

}  // namespace pxguard::cluster
