// Lines of manifests as they may be shown: what may be a secret is cut, and comments are.
//
// Lifetime: valid while the set is.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/manifest/manifest_set.h"
#include "cli/report/excerpt.h"

namespace pxguard::cli {

class ShownLines {
 public:
  // `known`: texts that may be shown wherever they are a value.
  ShownLines(const manifest::ManifestSet& set, std::string_view file,
             const std::set<std::string>& known);

  [[nodiscard]] std::string at(int number, std::string_view line) const;

 private:
  std::deque<report::Excerpts> documents_;
};

}  // namespace pxguard::cli
