// The steps that turn PX-Security on in a cluster, in their order, with the commands. No command
// holds a value: keys and tokens are made by the commands themselves.
//
// Threads: safe.
#pragma once

#include <string>
#include <vector>

#include "cli/enable_security.h"

namespace pxguard::cli {

struct Changed {
  std::vector<std::string> files{};  // all that hold a part of it, changed or not, in their order
  std::vector<Member> classes{};     // StorageClasses whose parameters changed
  std::vector<Member> pairs{};       // ClusterPairs
};

// Lines of "  $ " are for a shell (bash).
std::string enabling_steps(const Enabling& enabling, const Changed& changed);

}  // namespace pxguard::cli
