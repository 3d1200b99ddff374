// One object of the cluster as the view keeps it: written anew without what no rule reads, and
// without values that may be secret. In their place stand words that are equal where the values are
// (model/blind.h). Most objects of a cluster are not kept at all.
//
// Lifetime: owns everything; must stay where it is. Threads: immutable; any number may read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cluster/resource.h"
#include "rules/model/object.h"
#include "rules/model/secret.h"

namespace pxguard::cluster {

struct Kept {
  explicit Kept(model::Object made) : object(std::move(made)) {}
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  const model::Object object;
  // Of a ConfigMap its keys, and of a Secret of the list what is known of its bytes.
  std::optional<model::SecretFacts> facts{};
  std::vector<std::string> token_secrets{};  // names of Secrets that it takes a token from
  std::string made_secret{};                 // the Secret that it makes, else ""
  std::string controller{};                  // of a Pod (see controller_key), else ""
  bool can_depend = false;                   // on Portworx
  bool runs_portworx = false;                // a container of it is one, or it is a StorageCluster
  bool runs_stork = false;                   // or Autopilot
  std::string fingerprint{};  // of all that is kept: a change of status does not change it
};

using KeptPointer = std::shared_ptr<const Kept>;

// What is looked for besides Portworx itself.
struct Interest {
  std::set<std::string, std::less<>> secrets{};  // names of the policy's list
};

// Who made a Pod, in one word: a kind, and a name in its namespace.
[[nodiscard]] std::string controller_key(std::string_view kind, std::string_view ns,
                                         std::string_view name);

// What is known of the bytes of a Secret or ConfigMap, from the whole object as it was read.
[[nodiscard]] model::SecretFacts blind_facts(json::Value object, const Resource& resource);

// Null: an object that no rule would ask for. `object` may be an item of a typed list, which has
// neither apiVersion nor kind. `is_understood` becomes false where it is no object at all.
[[nodiscard]] KeptPointer keep(json::Value object, const Resource& resource,
                               const Interest& interest, bool& is_understood);

// Of a Secret that was read whole: all but its values.
[[nodiscard]] KeptPointer keep_secret(json::Value object,
                                      const std::optional<model::DataChange>& change);

}  // namespace pxguard::cluster
