// Everything that one run has to say, sorted and counted. Renderers only arrange it.
//
// Lifetime: owns its text. Threads: any number may read.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/report/excerpt.h"
#include "rules/finding.h"
#include "rules/model/object.h"
#include "rules/policy/evaluate.h"

namespace pxguard::report {

// The object that something is said about. The position orders objects as their files do.
struct Place {
  std::string file{};
  yaml::Mark object_mark{};
  model::ObjectId object{};
};

struct Finding {
  Place place{};
  yaml::Mark mark{};
  std::string rule{};  // id
  std::string name{};
  rules::Severity severity = rules::Severity::Error;
  rules::Action action = rules::Action::Deny;
  std::string path{};     // spec.template.spec.containers[portworx].env[...]
  std::string pointer{};  // RFC 6901
  std::string message{};
  std::string found{};
  std::string want{};
  std::string why{};
  std::string fix{};
  std::string docs{};
  std::string patch{};  // a JSON Patch of the object, where one thing is right; never a secret
  bool is_on_request = false;  // what would be mended may be there on purpose
  std::string note{};          // why the policy lets it pass
  std::optional<Excerpt> excerpt{};
};

struct Unverified {
  Place place{};
  std::string rule{};
  std::string needs{};
};

struct ExceptionUse {
  Place place{};
  std::string rule{};
  std::string reason{};
  std::string expires{};
  bool expired = false;  // it would have applied, but no longer does
};

struct Skipped {
  std::string file{};
  std::string reason{};
};

struct Problem {
  std::string file{};  // "" in a live cluster: the message says what
  int line = 0;        // 0: the whole file
  std::string message{};
};

// What was looked at is no files but a cluster.
struct Cluster {
  std::string server{};      // its address
  std::string kubernetes{};  // its version, "" where it is unknown
  std::size_t refused = 0;   // objects that would not be admitted as they stand
};

struct Summary {
  std::size_t files = 0;
  std::size_t objects = 0;
  std::size_t rules = 0;
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::size_t infos = 0;
  std::size_t unverified = 0;
  std::size_t exceptions = 0;
  std::size_t skipped = 0;
  std::size_t unreadable = 0;
};

// A line of a file, from 1; it may hold a secret, so only excerpts are made of it.
using LineOf = std::function<std::string_view(std::string_view file, int line)>;

class Report {
 public:
  // `lines` only while this runs.
  void add(const model::Object& object, policy::Verdict verdict, const LineOf& lines);
  // What a rule would have to know about this object.
  void add_unverified(const model::Object& object, std::string rule, std::string needs);
  void add(Skipped skipped) { skipped_.push_back(std::move(skipped)); }
  void add(Problem problem) { problems_.push_back(std::move(problem)); }
  // Sorts and counts. REQUIRES: nothing is added afterwards.
  void finish(std::size_t files, std::size_t objects, std::size_t rules);
  void set_cluster(Cluster cluster) { cluster_ = std::move(cluster); }
  // Nothing in the files was of Portworx or Stork.
  void set_unrelated() { is_unrelated_ = true; }

  [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
  [[nodiscard]] const std::vector<Unverified>& unverified() const { return unverified_; }
  [[nodiscard]] const std::vector<ExceptionUse>& exceptions() const { return exceptions_; }
  [[nodiscard]] const std::vector<Skipped>& skipped() const { return skipped_; }
  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }
  [[nodiscard]] const Summary& summary() const { return summary_; }
  // None of files.
  [[nodiscard]] const std::optional<Cluster>& cluster() const { return cluster_; }
  [[nodiscard]] bool is_unrelated() const { return is_unrelated_; }

 private:
  void sort();

  std::vector<Finding> findings_;
  std::vector<Unverified> unverified_;
  std::vector<ExceptionUse> exceptions_;
  std::vector<Skipped> skipped_;
  std::vector<Problem> problems_;
  Summary summary_;
  std::optional<Cluster> cluster_;
  bool is_unrelated_ = false;
};

}  // namespace pxguard::report
