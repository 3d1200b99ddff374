#include "cli/check.h"

#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/against.h"
#include "cli/check_input.h"
#include "cli/judge_files.h"
#include "cli/manifest/manifest_set.h"
#include "cli/read_policy.h"
#include "cli/report/output.h"
#include "cli/report/report.h"

namespace pxguard::cli {
namespace {

using Clock = std::chrono::steady_clock;

class Check {
 public:
  Check(const CheckOptions& options, const World& world) : options_(options), world_(world) {}

  int run() {
    const auto outputs = report::parse_outputs(options_.delivery.formats);
    if (!outputs) return wrong_usage(outputs.error().message);
    if (options_.paths.empty() && options_.helm_values.empty())
      return wrong_usage("nothing to check: give files, folders or -");
    auto input = read_check_input(options_, "pxguard check", world_.err);
    if (!input) return kWrongUsage;
    policy_ = std::move(input->policy);
    const manifest::Options& reading = input->reading;
    lap("policy");
    const auto set = manifest::ManifestSet::of(collect_manifests(options_), reading);
    std::optional<Against> against;
    if (!options_.against.empty()) {
      auto made = Against::of({.before = options_.against,
                               .paths = options_.paths,
                               .helm_values = options_.helm_values},
                              set, reading);
      if (!made) return wrong_usage("--against: " + made.error().message);
      against.emplace(std::move(made).value());
    }
    lap("read");
    judge(set, against ? &*against : nullptr);
    lap("rules");
    const bool is_written = deliver(report_, *outputs, options_.delivery, world_);
    lap("report");
    if (options_.timings) world_.err << timings_;
    const bool was_nothing = !against || against->set().objects().empty();
    return is_written ? status(set.objects().empty() && was_nothing) : kOwnFault;
  }

 private:
  int wrong_usage(std::string_view why) {
    world_.err << "pxguard check: " << why << '\n';
    return kWrongUsage;
  }

  void judge(const manifest::ManifestSet& set, const Against* against) {
    judge_files({.set = set, .against = against, .policy = policy_, .now = world_.now}, report_);
    for (const auto& [file, reason] : set.skipped()) report_.add(report::Skipped{file, reason});
    for (const auto& [file, line, message] : set.problems()) {
      report_.add(report::Problem{file, line, message});
    }
    if (against != nullptr) {
      for (const auto& [file, line, message] : against->set().problems())
        report_.add(report::Problem{file, line, "before the change: " + message});
    }
    if (!set.has_portworx()) report_.set_unrelated();
    report_.finish(set.files(), set.objects().size(), enabled_rules(policy_));
  }

  [[nodiscard]] Status status(bool is_empty) const {
    const Status status = status_of(report_, options_.delivery.fail_on);
    const bool is_missing = is_empty && !options_.allow_empty;
    return status == kFine && is_missing ? kUnavailable : status;
  }

  void lap(std::string_view what) {
    const auto now = Clock::now();
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(now - lap_).count();
    timings_ += fmt::format("{:<7}{:>6} ms\n", what, spent);
    lap_ = now;
  }

  const CheckOptions& options_;
  const World& world_;
  policy::Policy policy_;
  report::Report report_;
  Clock::time_point lap_ = Clock::now();
  std::string timings_;
};

}  // namespace

int check(const CheckOptions& options, const World& world) { return Check(options, world).run(); }

int check(const CheckOptions& options) { return check(options, World::real()); }

}  // namespace pxguard::cli
