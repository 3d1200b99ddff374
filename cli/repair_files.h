// The repairs of manifests, tried until nothing is left that can be made: all that can go together
// at once, and what would leave its finding or make another one that is as bad not at all.
//
// Lifetime: owns everything. Threads: one at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/manifest/manifest_set.h"
#include "cli/repair_literals.h"
#include "rules/policy/evaluate.h"

namespace pxguard::cli {

struct RepairRequest {
  const manifest::Input& input;
  const manifest::Options& reading;
  const policy::Policy& policy;
  policy::Time now;
  std::vector<const rules::Rule*> only{};  // none: all, but what is to be asked for
};

// What was done about a finding, or why nothing was.
struct Treated {
  std::string file{};
  int line = 0;  // as the file was
  model::ObjectId object{};
  std::string rule{};
  rules::Severity severity = rules::Severity::Error;
  std::string message{};
  std::string path{};
  std::string why_not{};      // "" where it was mended
  bool is_made_anew = false;  // a cluster that has the object does not take the change
};

struct RepairedFiles {
  std::map<std::string, std::string> texts{};  // of the files that changed
  std::unique_ptr<manifest::ManifestSet> before{};
  std::unique_ptr<manifest::ManifestSet> after{};
  std::vector<policy::Verdict> verdicts{};  // beside the objects of `after`
  std::vector<Treated> mended{};
  std::vector<Treated> left{};           // of what is wrong afterwards
  std::vector<SecretToMake> secrets{};   // for literals, whether they were mended or not
  std::set<std::string> public_texts{};  // that repairs have written: names, and words of Portworx
};

RepairedFiles repair_files(const RepairRequest& request);

}  // namespace pxguard::cli
