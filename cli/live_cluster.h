// The cluster as `serve` knows it: a view that is kept up to date, what there is to say of its age,
// and the audit in the background.
//
// Lifetime: what open() is given outlives it; readers of get() keep what they took. stop() before
// it is destroyed, or its destructor does. Threads: any, except that stop() belongs to one.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/published.h"
#include "base/result.h"
#include "cli/background.h"
#include "cli/log.h"
#include "cluster/access.h"
#include "cluster/live_view.h"
#include "rules/policy/policy.h"
#include "webhook/admit.h"

namespace pxguard::cli {

class LiveCluster {
 public:
  // `cluster`: as --cluster of serve. Null where there is to be none.
  static Result<std::unique_ptr<LiveCluster>> open(const std::string& cluster,
                                                   const Published<policy::Policy>& policies,
                                                   Log& log);
  ~LiveCluster();
  LiveCluster(const LiveCluster&) = delete;
  LiveCluster& operator=(const LiveCluster&) = delete;

  // Never null, and never waits for the cluster.
  [[nodiscard]] std::shared_ptr<const cluster::Snapshot> get() const { return view_->get(); }
  // "" once everything was read, or is known not to be readable. After limits::kViewPatience it is
  // "" whatever is missing: an API server that is away must not keep us from answering with what we
  // honestly know.
  [[nodiscard]] std::string why_not_ready() const;
  void policy_changed();
  void answered(const webhook::Summary& summary) noexcept { background_->answered(summary); }
  void write_metrics(std::string& text) const;
  void stop();

 private:
  LiveCluster(const cluster::Access& access, const Published<policy::Policy>& policies, Log& log);

  const Published<policy::Policy>& policies_;
  Log& log_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::atomic<Background*> woken_ = nullptr;  // by the view, which is there before it
  std::unique_ptr<Background> background_;
  std::unique_ptr<cluster::LiveView> view_;
};

}  // namespace pxguard::cli
