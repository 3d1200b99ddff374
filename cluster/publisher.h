// Brings the reports of a cluster to the API server: nothing where nothing has changed, and under
// the Lease where something has (docs/adr/0011).
//
// What this process has written once, it writes again only when it has something else to say, or
// when it is gone: two replicas that know different things do not overwrite each other for ever.
//
// Lifetime: keeps hashes, not reports. Threads: one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/client.h"
#include "cluster/lease.h"
#include "cluster/policy_report.h"

namespace pxguard::cluster {

class Publisher {
 public:
  struct Options {
    Lease::Name lease{};
    std::string me{};  // no other process has ever had this name
    // The ClusterRole whose deletion takes the reports along.
    std::string owner = "pxguard";
    std::function<Lease::Now()> now;
  };
  explicit Publisher(Options options)
      : options_(std::move(options)), lease_(options_.lease, options_.me) {}

  struct Outcome {
    std::size_t apis = 0;  // report APIs that are served
    std::size_t written = 0;
    std::size_t removed = 0;
    // Something is left to write: try again after this long.
    std::optional<std::chrono::milliseconds> again_after{};
    std::optional<Failure> failure{};  // the first one
  };

  // `reports`: of all namespaces; those of others are taken away. `looks`: at what is there, even
  // if there is nothing new to say.
  Outcome publish(Client& client, std::vector<NamespaceReport> reports, bool looks);

 private:
  // API group and namespace.
  using Key = std::pair<std::string, std::string>;
  struct Wanted {
    const ReportApi* api = nullptr;
    std::string ns{};
    RenderedReport report{};  // an empty one is to go
  };

  std::optional<Failure> discover(Client& client);
  std::optional<Failure> look(Client& client);
  std::optional<Failure> look(Client& client, const Resource& resource);
  [[nodiscard]] std::map<Key, Wanted> render(const std::vector<NamespaceReport>& reports) const;
  // What is not there yet as it is wanted; what is, is remembered as said.
  std::map<Key, Wanted> still_to_write(std::map<Key, Wanted> wanted);
  void write(Client& client, const std::map<Key, Wanted>& pending, Outcome& outcome);
  std::optional<Failure> write(Client& client, const Key& key, const Wanted& wanted,
                               Outcome& outcome);

  const Options options_;
  Lease lease_;
  bool is_discovered_ = false;
  std::vector<ReportApi> apis_;
  std::optional<ReportOwner> owner_;
  std::map<Key, std::string> there_;  // hashes of what the server has
  std::map<Key, std::string> said_;   // of what this process has said; "" of what it took away
};

}  // namespace pxguard::cluster
