// Reads kinds whole, page by page: once for an audit, again and again for what is not watched.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/client.h"
#include "cluster/read_cluster.h"
#include "cluster/reading_list.h"
#include "cluster/store.h"

namespace pxguard::cluster {

enum class Which { All, ListedOnly };

struct Listed {
  std::optional<Failure> away{};     // the server is not there at all: the rest was not asked for
  std::optional<Failure> passing{};  // of one kind, which may do another time: 429, 5xx
};

// Into the store, those beside Portworx last: by then it is known where that is. A kind that cannot
// be read does not stop the others, unless the server is not there.
Listed list_into(Store& store, Client& client, const std::vector<Wanted>& kinds, Which which,
                 const std::string& portworx_namespace);

// Where Portworx is, or is said to be.
[[nodiscard]] std::set<std::string, std::less<>> places_of_portworx(
    const Store& store, const std::string& portworx_namespace);
// The names of the list in all of these places, at most limits::kSecretsInView.
struct WantedSecrets {
  std::set<SecretName> names{};
  std::size_t left_out = 0;
};
[[nodiscard]] WantedSecrets wanted_secrets(const Store& store, const ReadOptions& options);
[[nodiscard]] Interest interest_of(const ReadOptions& options);

}  // namespace pxguard::cluster
