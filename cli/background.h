// What `serve` does besides answering: an audit when the view changes and every ten minutes, its
// reports and Events written to the API server, its figures among the metrics. Nothing of this is
// waited for by a review.
//
// Lifetime: what its options refer to outlives it. stop() before it is destroyed, or its destructor
// does. Threads: wake(), denied(), write_metrics() and stop() from any.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/published.h"
#include "cli/log.h"
#include "cluster/client.h"
#include "cluster/snapshot.h"
#include "rules/policy/policy.h"
#include "webhook/admit.h"

namespace pxguard::cli {

class Background {
 public:
  struct Options {
    std::function<std::unique_ptr<cluster::Client>()> connect;
    std::function<std::shared_ptr<const cluster::Snapshot>()> snapshot;
    // Everything was read, or is known not to be readable: before that nothing is published.
    std::function<bool()> is_ready;
    std::string ns{};        // of the Lease: that of this Pod
    std::string instance{};  // of this process, as others see it: the name of the Pod
    // Tests make these short.
    std::chrono::milliseconds quiet{500};       // since the last change
    std::chrono::milliseconds patience{2'000};  // since the first
    std::chrono::milliseconds resync{std::chrono::minutes(10)};
  };

  Background(Options options, const Published<policy::Policy>& policies, Log& log);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // The view or the policy has changed.
  void wake();
  // A review was answered. Only a denial that was meant is told of: never waits, never fails.
  void answered(const webhook::Summary& summary) noexcept;
  void write_metrics(std::string& text) const;
  // Ends what is under way; its thread is gone when it returns.
  void stop();

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace pxguard::cli
