// What a command says and how it ends.
#pragma once

#include <sstream>
#include <string>

#include "cli/delivery.h"

namespace pxguard::cli {

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

template <class Options>
Outcome outcome_of(int (*command)(const Options&, const World&), const Options& options) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = command(options, {.out = out, .err = err, .now = {}});
  return {status, out.str(), err.str()};
}

}  // namespace pxguard::cli
