// A Snapshot of the cluster that is kept up to date: watches for what a denial may rest on, lists
// again every ten minutes for the rest, single gets for the Secrets of the policy's list. A change
// makes the next snapshot, at most twenty times a second; a change of status alone makes none.
//
// Lifetime: what its options refer to outlives it. stop() before it is destroyed, or its destructor
// does. Threads: get(), why_not_ready(), set_interest(), refresh() and stop() from any.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/client.h"
#include "cluster/read_cluster.h"
#include "cluster/reflector.h"
#include "cluster/snapshot.h"
#include "cluster/store.h"

namespace pxguard::cluster {

class LiveView {
 public:
  struct Options {
    Reflector::Connect connect{};
    ReadOptions interest{};
    // Called from threads of the view, which wait for it; no lock is held.
    std::function<void(const ViewEvent&)> on_event{};
    // After a snapshot that differs from the one before was published.
    std::function<void()> on_change{};
    // Tests make these short.
    std::chrono::milliseconds resync{std::chrono::minutes(10)};
    std::chrono::milliseconds between_snapshots{50};
    std::chrono::milliseconds first_wait{500};
    std::chrono::milliseconds longest_wait{30'000};
  };

  // Begins to read when it returns.
  explicit LiveView(Options options);
  ~LiveView();
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  // Never null, and never waits for the cluster.
  [[nodiscard]] std::shared_ptr<const Snapshot> get() const;
  // What has not been tried yet; "" once everything was read, or is known not to be readable.
  [[nodiscard]] std::string why_not_ready() const;
  // The policy has changed.
  void set_interest(ReadOptions interest);
  // What is listed is read again now. Returns at once.
  void refresh();
  // Ends what is under way; its threads are gone when it returns.
  void stop();

 private:
  class Threads;
  std::unique_ptr<Threads> threads_;
};

}  // namespace pxguard::cluster
