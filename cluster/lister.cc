#include "cluster/lister.h"

#include <utility>

#include "base/limits.h"

namespace pxguard::cluster {
namespace {

Answer<Harvest> read_kind(Client& client, const Wanted& wanted, const Interest& interest,
                          const std::set<std::string, std::less<>>& namespaces) {
  Harvest all;
  all.namespaces = namespaces;
  const std::set<std::string, std::less<>> everywhere{""};
  for (const std::string& ns : wanted.reading == Reading::Beside ? namespaces : everywhere) {
    Harvest harvest;
    const auto version = client.list(
        wanted.resource, {.ns = ns},
        {.on_begin = [&harvest] { harvest = {}; },
         .on_item = [&](json::Value object) { harvest.take(object, wanted.resource, interest); }});
    if (!version) return version.error();
    all.kept.insert(all.kept.end(), std::move_iterator(harvest.kept.begin()),
                    std::move_iterator(harvest.kept.end()));
    all.seen += harvest.seen;
    all.not_understood += harvest.not_understood;
  }
  return all;
}

bool is_server_away(const Failure& failure) {
  return failure.kind == Failure::Kind::Unreachable || failure.kind == Failure::Kind::Stopped ||
         failure.kind == Failure::Kind::Unauthorized;
}

bool may_pass(const Failure& failure) {
  return failure.kind == Failure::Kind::Throttled || failure.kind == Failure::Kind::Broken;
}

}  // namespace

Listed list_into(Store& store, Client& client, const std::vector<Wanted>& kinds, Which which,
                 const std::string& portworx_namespace) {
  Listed listed;
  for (const bool is_beside : {false, true}) {
    const auto namespaces = places_of_portworx(store, portworx_namespace);
    for (const Wanted& wanted : kinds) {
      const bool is_watched = wanted.reading == Reading::Watched;
      if (!wanted.is_served || (wanted.reading == Reading::Beside) != is_beside) continue;
      if (which == Which::ListedOnly && is_watched) continue;
      if (listed.away) {
        store.failed(wanted.resource, *listed.away);
        continue;
      }
      auto harvest = read_kind(client, wanted, store.interest(), namespaces);
      if (harvest) {
        store.replace(wanted.resource, std::move(harvest).value());
        continue;
      }
      store.failed(wanted.resource, harvest.error());
      if (is_server_away(harvest.error())) listed.away = harvest.error();
      if (may_pass(harvest.error())) listed.passing = harvest.error();
    }
  }
  return listed;
}

std::set<std::string, std::less<>> places_of_portworx(const Store& store,
                                                      const std::string& portworx_namespace) {
  std::set<std::string, std::less<>> places;
  for (const std::string& ns : store.portworx_namespaces()) places.insert(ns);
  if (!portworx_namespace.empty()) places.insert(portworx_namespace);
  return places;
}

WantedSecrets wanted_secrets(const Store& store, const ReadOptions& options) {
  WantedSecrets wanted;
  const auto want = [&wanted](std::string_view ns, std::string_view name) {
    SecretName one(ns, name);
    if (wanted.names.size() < limits::kSecretsInView)
      wanted.names.insert(std::move(one));
    else if (!wanted.names.contains(one))
      ++wanted.left_out;
  };
  const auto places = places_of_portworx(store, options.portworx_namespace);
  for (const std::string_view entry : options.secrets) {
    const std::size_t slash = entry.find('/');
    if (slash != std::string_view::npos) {
      want(entry.substr(0, slash), entry.substr(slash + 1));
      continue;
    }
    for (const std::string& ns : places) want(ns, entry);
  }
  return wanted;
}

Interest interest_of(const ReadOptions& options) {
  Interest interest;
  for (const std::string& entry : options.secrets)
    interest.secrets.insert(entry.substr(entry.find('/') + 1));
  return interest;
}

}  // namespace pxguard::cluster
