#include "cli/check.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/against.h"
#include "cli/facts.h"
#include "cli/judge_files.h"
#include "cli/manifest/collect.h"
#include "cli/manifest/manifest_set.h"
#include "cli/manifest/rendered.h"
#include "cli/report/json.h"
#include "cli/report/output.h"
#include "cli/report/report.h"
#include "cli/report/text.h"
#include "rules/catalogue.h"
#include "rules/policy/policy_file.h"

namespace pxguard::cli {
namespace {

constexpr int kFine = 0;
constexpr int kFindings = 1;
constexpr int kWrongUsage = 2;
constexpr int kNotRead = 3;
constexpr int kOwnFault = 5;

using Clock = std::chrono::steady_clock;

class Check {
 public:
  Check(const CheckOptions& options, const CheckWorld& world) : options_(options), world_(world) {}

  int run() {
    const auto outputs = report::parse_outputs(options_.formats);
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
    const bool is_written = write(*outputs);
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
    if (options_.policy.empty()) {
      policy_ = policy::Policy::defaults();
      return true;
    }
    const std::string name = printable(options_.policy, 300);
    const auto text = read_file(options_.policy, limits::kPolicyFile);
    if (!text) {
      world_.err << fmt::format("{}: the policy cannot be read: {}\n", name, text.error().message);
      return false;
    }
    auto parsed = policy::parse_policy(*text);
    for (const Error& error : parsed.errors) {
      world_.err << fmt::format("{}:{}: {}\n", name, error.line, error.message);
    }
    policy_ = std::move(parsed.policy);
    return parsed.errors.empty();
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
    report_.finish(set.files(), set.objects().size(), enabled_rules());
  }

  [[nodiscard]] std::size_t enabled_rules() const {
    const auto all = rules::catalogue();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [this](const rules::Rule* rule) {
          const auto entry = policy_.rules.find(rule);
          return entry == policy_.rules.end() || entry->second.action != rules::Action::Off;
        }));
  }

  bool write(const std::vector<report::Output>& outputs) {
    bool is_written = true;
    bool is_said = false;
    for (const report::Output& output : outputs) {
      is_said = is_said || output.is_standard();
      is_written = write(output) && is_written;
    }
    if (!is_said && !options_.quiet) world_.err << report::summary_line(report_.summary()) << '\n';
    return is_written;
  }

  bool write(const report::Output& output) {
    const std::string content = render(output);
    if (!output.is_standard()) {
      const auto written = write_file(output.file, content);
      if (written) return true;
      world_.err << fmt::format("{}: the report cannot be written: {}\n",
                                printable(output.file, 300), written.error().message);
      return false;
    }
    errno = 0;
    world_.out << content << std::flush;
    // Whoever reads has seen enough: `pxguard check . | head`.
    if (world_.out || errno == EPIPE) return true;
    world_.err << "the report cannot be written to standard output\n";
    return false;
  }

  [[nodiscard]] std::string render(const report::Output& output) const {
    if (output.format == report::Format::Json) return report::to_json(report_);
    const bool is_colored =
        options_.color == Color::Always ||
        (options_.color == Color::Auto && world_.wants_color && output.is_standard());
    return report::to_text(
        report_,
        {.color = is_colored ? report::Color::Always : report::Color::Never,
         .detail = options_.quiet ? report::Detail::FindingsOnly : report::Detail::Everything});
  }

  [[nodiscard]] int status(bool is_empty) const {
    const report::Summary& summary = report_.summary();
    const std::size_t warnings = options_.fail_on == FailOn::Warning ? summary.warnings : 0;
    const bool is_failed = options_.fail_on != FailOn::Never && summary.errors + warnings > 0;
    if (is_failed) return kFindings;
    const bool is_missing = is_empty && !options_.allow_empty;
    return is_missing || !report_.problems().empty() ? kNotRead : kFine;
  }

  void lap(std::string_view what) {
    const auto now = Clock::now();
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(now - lap_).count();
    timings_ += fmt::format("{:<7}{:>6} ms\n", what, spent);
    lap_ = now;
  }

  const CheckOptions& options_;
  const CheckWorld& world_;
  policy::Policy policy_;
  manifest::Known known_;
  report::Report report_;
  Clock::time_point lap_ = Clock::now();
  std::string timings_;
};

bool is_terminal_with_color() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return ::isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0') && !is_dumb;
}

}  // namespace

int check(const CheckOptions& options, const CheckWorld& world) {
  return Check(options, world).run();
}

int check(const CheckOptions& options) {
  return check(options, {.out = std::cout,
                         .err = std::cerr,
                         .now = std::chrono::system_clock::now(),
                         .wants_color = is_terminal_with_color()});
}

}  // namespace pxguard::cli
