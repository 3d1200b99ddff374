// Other programs, without a shell: their arguments are given one by one, and nothing in them is
// looked at twice.
//
// Threads: safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pxguard {

struct Ran {
  int status = 0;  // as the program ended; 128 + the signal that ended it
  std::string out{};
  std::string err{};  // at most 4 KiB
};

struct RunOptions {
  std::vector<std::string> environment{};  // "NAME=value", in place of our own of that name
  std::optional<std::chrono::milliseconds> patience{};  // it is ended when it takes longer
};

// Runs `words[0]` from PATH and waits for its end. `input` is all that it can read. NotFound where
// there is no such program; TooLarge where it wrote more than `limit` bytes: it is ended then.
// Unavailable where it cannot be started, took too long, or how it ended is not to be known.
// REQUIRES: `words` is not empty
Result<Ran> run(const std::vector<std::string>& words, std::string_view input, std::size_t limit,
                const RunOptions& options = {});

}  // namespace pxguard
