// The time by which a view ages: that of the wall when the process began, and from then on that of
// a clock that nobody sets. A wall clock that jumps makes nothing old, and nothing young.
//
// Threads: safe.
#pragma once

#include <chrono>
#include <utility>

namespace pxguard::cluster {

inline std::chrono::system_clock::time_point view_time() {
  using Steady = std::chrono::steady_clock;
  static const auto kBegan = std::pair(std::chrono::system_clock::now(), Steady::now());
  return kBegan.first + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                            Steady::now() - kBegan.second);
}

}  // namespace pxguard::cluster
