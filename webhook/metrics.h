// What is counted, and its text for Prometheus. Labels are of fixed sets: never a name that a
// stranger chose, so that nobody can make the text grow.
//
// Threads: safe; counting takes no lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/published.h"

namespace pxguard::webhook {

class Metrics {
 public:
  using Time = std::chrono::system_clock::time_point;

  // `rules`: the ids that there are.
  explicit Metrics(std::vector<std::string> rules);

  void count_admission(std::string_view operation, std::string_view kind, bool allowed,
                       std::chrono::steady_clock::duration elapsed);
  void count_finding(std::string_view rule, std::string_view action);
  void count_exception(std::string_view rule);
  void count_mutation(std::string_view rule);
  void count_response(int status);

  void set_policy(std::string_view hash);
  void set_policy_failing(bool failing) { policy_failing_ = failing; }
  void set_certificate_expiry(Time expiry);
  void set_certificate_failing(bool failing) { certificate_failing_ = failing; }

  // What others have to say about themselves, at the end of the text.
  // REQUIRES: text() is not called yet
  void set_more(std::function<void(std::string& text)> more) { more_ = std::move(more); }

  // `open_connections` of the admission port.
  [[nodiscard]] std::string text(Time now, std::size_t open_connections) const;

  static constexpr std::array<std::string_view, 5> kOperations = {"CREATE", "UPDATE", "DELETE",
                                                                  "CONNECT", "other"};
  // Those that are sent (rules/webhooks), a test compares them.
  static constexpr std::array<std::string_view, 25> kKinds = {"DaemonSet",
                                                              "Deployment",
                                                              "StatefulSet",
                                                              "ReplicaSet",
                                                              "Job",
                                                              "CronJob",
                                                              "Pod",
                                                              "Secret",
                                                              "StorageCluster",
                                                              "StorageClass",
                                                              "VolumeSnapshotClass",
                                                              "VolumeGroupSnapshotClass",
                                                              "ApplicationBackup",
                                                              "ApplicationBackupSchedule",
                                                              "ApplicationClone",
                                                              "ApplicationRestore",
                                                              "ClusterDomainUpdate",
                                                              "ClusterPair",
                                                              "GroupVolumeSnapshot",
                                                              "Migration",
                                                              "MigrationSchedule",
                                                              "VolumeSnapshotRestore",
                                                              "VolumeSnapshotSchedule",
                                                              "VolumeSnapshot",
                                                              "other"};
  static constexpr std::array<std::string_view, 3> kActions = {"deny", "warn", "audit"};
  static constexpr std::array<int, 11> kStatuses = {200, 400, 404, 405, 411, 413,
                                                    415, 417, 431, 500, 503};
  // In seconds: a review takes well under a millisecond, a deadline half of one or one.
  static constexpr std::array<double, 8> kBuckets = {0.0001, 0.0005, 0.001, 0.005,
                                                     0.02,   0.1,    0.5,   1};

 private:
  using Counter = std::atomic<std::uint64_t>;

  [[nodiscard]] std::size_t rule_index(std::string_view rule) const;
  void write_admissions(std::string& text) const;
  void write_durations(std::string& text) const;
  void write_rules(std::string& text) const;
  void write_server(std::string& text, std::size_t open_connections) const;
  void write_state(std::string& text, Time now) const;

  const std::vector<std::string> rules_;  // sorted; one more stands for "other"
  std::array<Counter, kOperations.size() * kKinds.size() * 2> admissions_{};
  std::array<Counter, kBuckets.size() + 1> durations_{};  // not cumulative
  Counter duration_nanoseconds_ = 0;
  std::vector<Counter> findings_;
  std::vector<Counter> exceptions_;
  std::vector<Counter> mutations_;
  std::array<Counter, kStatuses.size() + 1> responses_{};  // and others

  Published<std::string> policy_;
  std::atomic<bool> policy_failing_ = false;
  std::atomic<bool> certificate_failing_ = false;
  std::atomic<std::int64_t> certificate_expiry_ = 0;  // seconds since 1970; 0: none yet
  std::function<void(std::string&)> more_;
};

}  // namespace pxguard::webhook
