// pxguard check: manifests in, one report out.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

namespace pxguard::cli {

enum class FailOn { Error, Warning, Never };
enum class Color { Auto, Always, Never };

struct CheckOptions {
  std::vector<std::string> paths{};    // files and folders; - is standard input
  std::vector<std::string> formats{};  // F or F=OUTPUT; none is text
  std::string policy{};                // a policy file; "" is the documented defaults
  std::string default_namespace{};     // of objects that name none
  std::string against{};               // the manifests before: a file, a folder, a git revision
  std::string helm_values{};           // values for the chart portworx, as a file
  std::string facts{};                 // what is known of the cluster, as a file
  // Where no tag or annotation tells the version.
  std::string kubernetes_version{};
  std::string portworx_version{};
  std::string stork_version{};
  FailOn fail_on = FailOn::Error;
  Color color = Color::Auto;
  bool quiet = false;            // findings and summary alone
  bool timings = false;          // on stderr
  bool complete = false;         // the files are the whole cluster
  bool assume_security = false;  // where that is unknown, PX-Security is on
  bool allow_empty = false;      // nothing to check is no fault
};

// The exit status: 0 nothing at or above the threshold, 1 findings, 2 wrong usage or policy, 3 some
// input could not be read or there was none, 5 our own fault. Of several 2, 5, 1, 3 in this order.
int check(const CheckOptions& options);

// The same, with everything from outside given, apart from files and standard input.
struct CheckWorld {
  std::ostream& out;
  std::ostream& err;
  std::chrono::system_clock::time_point now;
  bool wants_color = false;  // what --color auto means here
};
int check(const CheckOptions& options, const CheckWorld& world);

}  // namespace pxguard::cli
