// Secrets one name at a time: read, turned into facts, wiped. Whether a token among them is signed
// with a key among them is found out in the same moment, since it cannot be asked later.
//
// Lifetime: the store outlives it. Threads: one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "cluster/client.h"
#include "cluster/contents.h"
#include "cluster/store.h"

namespace pxguard::cluster {

class SecretReader {
 public:
  explicit SecretReader(Store& store) : store_(store) {}

  // Each of them; what cannot be read is said to the store.
  void read(Client& client, const std::set<SecretName>& names);

 private:
  void read_each(Client& client, const std::set<SecretName>& names);
  struct Memory {
    std::map<std::string, std::string> digests{};
    std::optional<model::DataChange> change{};
  };
  [[nodiscard]] std::optional<model::DataChange> change_of(const SecretName& name,
                                                           const model::SecretFacts& facts,
                                                           json::Value object);

  Store& store_;
  // Beyond the life of a Secret: one that is made again with the same bytes has not changed.
  std::map<SecretName, Memory> memory_;
};

}  // namespace pxguard::cluster
