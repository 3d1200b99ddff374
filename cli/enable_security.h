// What turns PX-Security on in a set of manifests: the keys and the issuer of a DaemonSet here, the
// switch of a StorageCluster and everything that follows from either by the rules' own repairs.
//
// Lifetime: owns everything. Threads: one at a time.
#pragma once

#include <string>
#include <vector>

#include "cli/manifest/manifest_set.h"
#include "rules/policy/policy.h"

namespace pxguard::cli {

// An object that takes part, for the steps.
struct Member {
  model::ObjectId id{};
  std::string file{};
};

struct Enabling {
  std::string why_not{};     // "" where it can be done
  manifest::Input input{};   // with the settings of DaemonSets
  policy::Policy policy{};   // that wants PX-Security, and knows where tokens will be
  bool is_operator = false;  // the operator makes keys and tokens
  std::string ns{};          // of Portworx
  std::string key_secret{};  // of a DaemonSet
  std::string issuer{};
  std::vector<Member> portworx{};
  std::vector<Member> storks{};  // and Autopilots
};

Enabling enable_security(manifest::Input input, const manifest::Options& reading,
                         policy::Policy policy, const std::string& issuer);

}  // namespace pxguard::cli
