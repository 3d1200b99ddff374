// Runs a credential plugin, without a shell and for a bounded time.
//
// Threads: safe.
#pragma once

#include <chrono>
#include <optional>

#include "base/result.h"
#include "cluster/credentials.h"

namespace pxguard::cluster {

struct PluginAnswer {
  Material material{};
  std::optional<std::chrono::system_clock::time_point> expires{};
};

// Errors name the program, and nothing of what it wrote: it writes credentials.
Result<PluginAnswer> run_plugin(const Plugin& plugin);

}  // namespace pxguard::cluster
