// What `serve` does with a review besides deciding it: takes the policy in force, counts, and
// writes one line about it. Never the object.
//
// Lifetime: what it is given outlives it. Threads: safe.
#pragma once

#include "base/published.h"
#include "cli/log.h"
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

  webhook::Response answer(const webhook::Request& request);

 private:
  void count(const webhook::Summary& summary, std::chrono::steady_clock::duration elapsed);
  void write(const webhook::Summary& summary, std::chrono::steady_clock::duration elapsed);

  const Published<policy::Policy>& policies_;
  const model::ClusterView& view_;
  webhook::Metrics& metrics_;
  Log& log_;
};

}  // namespace pxguard::cli
