// What pxguard fix has done or would do, for people and for programs. No value that may be a secret
// is in it: diffs come cut.
//
// Threads: safe.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/repair_files.h"

namespace pxguard::cli {

struct FixReport {
  struct Diff {
    std::string file{};
    std::string text{};
    bool is_cut = false;  // something in it is left out
  };

  const RepairedFiles& repaired;
  bool is_write = false;   // else the files stay as they are
  bool is_enable = false;  // PX-Security was turned on
  std::vector<Diff> diffs{};
  std::set<std::string> unwritten{};  // files that could not be
  std::string steps{};                // that a cluster needs

  [[nodiscard]] bool is_done(const Treated& one) const {
    return is_write && !unwritten.contains(one.file);
  }
};

// For people: the diffs and the steps on standard output, the rest on standard error.
std::string fix_data(const FixReport& report);
std::string fix_talk(const FixReport& report, bool is_quiet);
// pxguard.io/fix/v1: all of it.
std::string fix_json(const FixReport& report);

}  // namespace pxguard::cli
