// Every object of a cluster that can be at fault, judged into a report: what `audit` shows, and
// what `serve` publishes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/report/report.h"
#include "cluster/snapshot.h"
#include "rules/policy/policy.h"

namespace pxguard::cli {

struct ClusterToJudge {
  const cluster::Snapshot& snapshot;
  // What is asked about other objects; the snapshot itself, or something that listens.
  const model::ClusterView& view;
  const policy::Policy& policy;
  policy::Time now;
  std::string server{};
  std::string kubernetes{};
};

// What is made from a template that is judged is left out: pods of a controller, Jobs of a CronJob.
[[nodiscard]] std::vector<const model::Object*> judged_objects(const cluster::Snapshot& snapshot);

// What could not be read: a line for each.
[[nodiscard]] std::vector<std::string> unread_parts(const cluster::Snapshot& snapshot);

[[nodiscard]] report::Report judge_cluster(const ClusterToJudge& cluster);

}  // namespace pxguard::cli
