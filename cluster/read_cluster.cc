#include "cluster/read_cluster.h"

#include "cluster/lister.h"
#include "cluster/secret_reader.h"
#include "cluster/store.h"

namespace pxguard::cluster {

Answer<std::shared_ptr<const Snapshot>> read_cluster(Client& client, const ReadOptions& options) {
  const auto kinds = reading_list(client);
  if (!kinds) return kinds.error();
  Store store;
  store.set_interest(interest_of(options));
  store.set_kinds(*kinds);
  const Listed listed = list_into(store, client, *kinds, Which::All, options.portworx_namespace);
  if (listed.away) return *listed.away;
  const auto [names, left_out] = wanted_secrets(store, options);
  store.set_secrets(names, left_out);
  SecretReader(store).read(client, names);
  return std::make_shared<const Snapshot>(store.contents());
}

}  // namespace pxguard::cluster
