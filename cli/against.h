// The manifests as they were before a change: which object is which, and which are gone.
//
// Lifetime: what it finds is valid while it is alive. Threads: any number may read.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "cli/manifest/manifest_set.h"

namespace pxguard::cli {

class Against {
 public:
  // `before` is a file or folder with the old manifests of `paths`, or a git revision of them.
  // NotFound where it is neither.
  static Result<Against> of(const std::string& before, std::span<const std::string> paths,
                            const manifest::Options& options);

  struct Match {
    const model::Object* old = nullptr;
    bool is_ambiguous = false;  // several of that name, none of them in the same file
  };
  // Of the same file if it can be told, else the only one of that name anywhere: files are renamed.
  [[nodiscard]] Match before(const model::Object& now) const;
  // Objects of before that are not among `now`, in the order of their files.
  [[nodiscard]] std::vector<const model::Object*> gone(const manifest::ManifestSet& now) const;
  [[nodiscard]] const manifest::ManifestSet& set() const { return *set_; }

 private:
  // Kind, group, namespace and name: an apiVersion may change.
  using Identity = std::tuple<std::string, std::string, std::string, std::string>;
  static Identity identity_of(const model::Object& object);
  // A file as seen from the path that it was reached by, so that two folders can be compared.
  [[nodiscard]] static std::string relative(const std::string& file,
                                            std::span<const std::string> roots);

  Against(std::unique_ptr<manifest::ManifestSet> set, std::vector<std::string> old_roots,
          std::vector<std::string> roots);

  std::unique_ptr<manifest::ManifestSet> set_;
  std::vector<std::string> roots_;      // of the files of today
  std::vector<std::string> old_roots_;  // of those of before
  std::map<std::pair<std::string, Identity>, const model::Object*> by_file_;
  std::map<Identity, std::vector<const model::Object*>> by_identity_;
};

}  // namespace pxguard::cli
