// The manifests as they were before a change: which object is which, and which are gone.
//
// Lifetime: what it finds is valid while it and the manifests of today are alive.
// Threads: any number may read.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/manifest/manifest_set.h"

namespace pxguard::cli {

class Against {
 public:
  struct Wanted {
    const std::string& before;           // a file or folder, or a git revision
    std::span<const std::string> paths;  // of the manifests of today
    const std::string& helm_values;      // "" where none are given
  };
  // Files of before go by the names that they have today, as far as they can be told. NotFound or
  // Invalid where `before` is neither a path nor a revision.
  static Result<Against> of(const Wanted& wanted, const manifest::ManifestSet& now,
                            const manifest::Options& options);

  struct Match {
    const model::Object* old = nullptr;
    bool is_ambiguous = false;  // which of several it was is not to be known
  };
  // The object of the same name in the same file; what is left over on both sides is paired where
  // there is one of that name here and one there, since files are renamed.
  [[nodiscard]] Match before(const model::Object& now) const;

  struct Gone {
    const model::Object* object = nullptr;
    std::string unclear{};  // why it may still be there; "" where it is gone
  };
  // In the order of their files.
  [[nodiscard]] const std::vector<Gone>& gone() const { return gone_; }
  [[nodiscard]] const manifest::ManifestSet& set() const { return *set_; }

 private:
  class Pairing;
  Against(std::unique_ptr<manifest::ManifestSet> set, const manifest::ManifestSet& now);

  std::unique_ptr<manifest::ManifestSet> set_;
  std::map<const model::Object*, Match> matches_;  // of those of today that have any
  std::vector<Gone> gone_;
};

}  // namespace pxguard::cli
