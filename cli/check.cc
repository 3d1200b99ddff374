#include "cli/check.h"

#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/against.h"
#include "cli/facts.h"
#include "cli/judge_files.h"
#include "cli/manifest/collect.h"
#include "cli/manifest/manifest_set.h"
#include "cli/manifest/rendered.h"
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
    if (!read_policy() || !read_facts() || !read_versions()) return kWrongUsage;
    policy_.settings.assume_security = options_.assume_security;
    lap("policy");
    const manifest::Options reading{
        .absence = options_.complete ? manifest::Absence::Known : manifest::Absence::Unknown,
        .default_namespace = options_.default_namespace,
        .known = std::move(known_)};
    const auto set = manifest::ManifestSet::of(collect(), reading);
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

  bool read_policy() {
    auto policy = cli::read_policy(options_.policy, world_.err);
    if (policy) policy_ = std::move(*policy);
    return policy.has_value();
  }

  // What the file says of versions, options may say better.
  bool read_facts() {
    if (options_.facts.empty()) return true;
    const std::string name = printable(options_.facts, 300);
    const auto text = read_file(options_.facts, limits::kYamlFile);
    if (!text) {
      world_.err << fmt::format("{}: the facts cannot be read: {}\n", name, text.error().message);
      return false;
    }
    auto parsed = parse_facts(*text);
    for (const Error& error : parsed.errors) {
      world_.err << fmt::format("{}:{}: {}\n", name, error.line, error.message);
    }
    rules::Settings& settings = policy_.settings;
    settings.kubernetes_version = parsed.facts.kubernetes;
    settings.portworx_version = parsed.facts.portworx;
    settings.stork_version = parsed.facts.stork;
    known_ = std::move(parsed.facts.known);
    return parsed.errors.empty();
  }

  bool read_versions() {
    rules::Settings& settings = policy_.settings;
    return read_version("--kubernetes-version", options_.kubernetes_version,
                        settings.kubernetes_version) &&
           read_version("--portworx-version", options_.portworx_version,
                        settings.portworx_version) &&
           read_version("--stork-version", options_.stork_version, settings.stork_version);
  }

  bool read_version(std::string_view option, const std::string& text,
                    std::optional<model::Version>& version) {
    if (text.empty()) return true;
    version = model::Version::parse(text);
    if (!version) {
      wrong_usage(
          fmt::format("{} takes a version as 1.31.4, not \"{}\"", option, printable(text, 40)));
    }
    return version.has_value();
  }

  [[nodiscard]] manifest::Input collect() const {
    manifest::Input input = manifest::collect(options_.paths);
    if (options_.helm_values.empty()) return input;
    const std::string& file = options_.helm_values;
    std::erase_if(input.texts, [&file](const manifest::Text& text) {
      return manifest::normal_path(text.file) == manifest::normal_path(file);
    });
    auto content = read_file(file, limits::kYamlFile);
    if (content)
      input.texts.push_back({.file = file, .content = std::move(*content), .is_values = true});
    else
      input.problems.push_back({file, 0, "cannot be read: " + content.error().message});
    return input;
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
    return status == kFine && is_missing ? kNotRead : status;
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
  manifest::Known known_;
  report::Report report_;
  Clock::time_point lap_ = Clock::now();
  std::string timings_;
};

}  // namespace

int check(const CheckOptions& options, const World& world) { return Check(options, world).run(); }

int check(const CheckOptions& options) { return check(options, World::real()); }

}  // namespace pxguard::cli
