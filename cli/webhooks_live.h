// What is done to webhook configurations in a cluster from outside of pxguard: opening the gate,
// and proving that it is closed.
//
// Threads: one call at a time.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string_view>

#include "cluster/client.h"

namespace pxguard::cli {

// A replica leaves within limits::kShutdown: what is slower than this does not leave by itself.
inline constexpr std::chrono::milliseconds kGateOpening{90'000};
inline constexpr std::chrono::milliseconds kGateLook{500};

// Where pxguard itself runs.
struct Installation {
  std::string_view ns;
  std::string_view deployment;
};

using Rest = std::function<void(std::chrono::milliseconds)>;

// Stops the replicas, which would make the configurations again, and takes the configurations away;
// what is not there is no fault. The configurations go first and once more when the replicas are
// gone: nothing is refused meanwhile. The exit status: 3 where the cluster does not let us.
int open_gate(cluster::Client& client, const Installation& installation, const Rest& rest,
              std::ostream& out, std::ostream& err);

// Asks for a StorageClass that no Portworx could use, as a dry run. 0: pxguard refused it; 1: it
// was accepted, so the gate is open; 3: somebody or something else said no.
int prove_denial(cluster::Client& client, std::ostream& out, std::ostream& err);

}  // namespace pxguard::cli
