// pxguard fix: repairs manifests. Without --write it only shows what it would change.
#pragma once

#include <string>
#include <vector>

#include "cli/check.h"

namespace pxguard::cli {

struct FixOptions {
  CheckOptions check{};              // what is judged, and by what
  std::vector<std::string> rules{};  // ids or names: these alone
  bool write = false;
  bool diff = false;     // is what happens anyhow
  bool enable = false;   // turn PX-Security on, and print the steps
  std::string issuer{};  // of users' tokens, with enable on a DaemonSet
};

// The exit status is that of check on the files as they are afterwards.
int fix(const FixOptions& options);
int fix(const FixOptions& options, const World& world);

}  // namespace pxguard::cli
