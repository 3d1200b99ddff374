// What `serve` does with a review besides deciding it: takes the policy in force, counts, and
// writes one line about it. Never the object.
//
// Lifetime: what it is given outlives it. Threads: safe.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/published.h"
#include "cli/log.h"
#include "cluster/snapshot.h"
#include "rules/model/cluster_view.h"
#include "rules/policy/policy.h"
#include "webhook/admit.h"
#include "webhook/http.h"
#include "webhook/metrics.h"

namespace pxguard::cli {

class Admissions {
 public:
  Admissions(const Published<policy::Policy>& policies, const model::ClusterView& view,
             webhook::Metrics& metrics, Log& log)
      : policies_(policies), view_(view), metrics_(metrics), log_(log) {}

  // What is known of the cluster now; without it reviews see `view` alone.
  // REQUIRES: nobody is answered yet
  void set_snapshots(std::function<std::shared_ptr<const cluster::Snapshot>()> snapshots) {
    snapshots_ = std::move(snapshots);
  }
  // Who else wants to know of a review that was answered; it must not take time.
  // REQUIRES: nobody is answered yet
  void set_on_answered(std::function<void(const webhook::Summary&)> on_answered) {
    on_answered_ = std::move(on_answered);
  }
  webhook::Response answer(const webhook::Request& request);

 private:
  [[nodiscard]] webhook::Admitted decide(const webhook::Request& request,
                                         const policy::Policy& policy) const;
  void count(const webhook::Summary& summary, std::chrono::steady_clock::duration elapsed);
  // `what`: admission or mutation.
  void write(std::string_view what, const webhook::Summary& summary,
             std::chrono::steady_clock::duration elapsed);

  const Published<policy::Policy>& policies_;
  const model::ClusterView& view_;
  webhook::Metrics& metrics_;
  Log& log_;
  std::function<std::shared_ptr<const cluster::Snapshot>()> snapshots_;
  std::function<void(const webhook::Summary&)> on_answered_;
};

}  // namespace pxguard::cli
