// The users of a kubeconfig, and what all of its entries have in common.
//
// Threads: safe.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "cluster/credentials.h"

namespace pxguard::cluster {

// One entry of a kubeconfig.
//
// Lifetime: that of the document.
struct KubeconfigEntry {
  std::string path{};  // of its file
  std::string name{};  // "user ada"
  json::Value value{};

  [[nodiscard]] Error wrong(std::string_view field, std::string_view why) const;
  // A path as it is written here, from where we are.
  [[nodiscard]] std::string resolved(std::string_view written) const;
};

// `authorities`: of the cluster, for a plugin that wants to be told.
Result<User> read_user(const KubeconfigEntry& user, const KubeconfigEntry& cluster,
                       std::string_view authorities);

}  // namespace pxguard::cluster
