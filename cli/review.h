// pxguard review: AdmissionReviews in, one answer a line out. What `serve` would say, offline.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

namespace pxguard::cli {

struct ReviewOptions {
  std::vector<std::string> paths{};  // files; - is stdin. Each holds one review or several
  std::string policy{};              // a policy file; "" is the documented defaults
  bool quiet = false;                // no summary on stderr
};

// The exit status: 2 wrong usage or policy, 5 our own fault, 1 one was denied, 3 one was not a
// review, 0 all were allowed.
int review(const ReviewOptions& options);

// The same, with everything from outside given.
struct ReviewWorld {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  std::chrono::system_clock::time_point now;
};
int review(const ReviewOptions& options, const ReviewWorld& world);

}  // namespace pxguard::cli
