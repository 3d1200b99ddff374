// pxguard check: manifests in, one report out.
#pragma once

#include <string>
#include <vector>

#include "cli/delivery.h"

namespace pxguard::cli {

struct CheckOptions {
  std::vector<std::string> paths{};  // files and folders; - is standard input
  std::string policy{};              // a policy file; "" is the documented defaults
  std::string default_namespace{};   // of objects that name none
  std::string against{};             // the manifests before: a file, a folder, a git revision
  std::string helm_values{};         // values for the chart portworx, as a file
  std::string facts{};               // what is known of the cluster, as a file
  // Where no tag or annotation tells the version.
  std::string kubernetes_version{};
  std::string portworx_version{};
  std::string stork_version{};
  DeliveryOptions delivery{};
  bool timings = false;          // on stderr
  bool complete = false;         // the files are the whole cluster
  bool assume_security = false;  // where that is unknown, PX-Security is on
  bool allow_empty = false;      // nothing to check is no fault
};

// The exit status: 0 nothing at or above the threshold, 1 findings, 2 wrong usage or policy, 3 some
// input could not be read or there was none, 5 our own fault. Of several 2, 5, 1, 3 in this order.
int check(const CheckOptions& options);
int check(const CheckOptions& options, const World& world);

}  // namespace pxguard::cli
