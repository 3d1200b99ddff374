#include "cli/report/text.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/report/layout.h"

namespace pxguard::report {
namespace {

// Longer lists are whole in the JSON report.
constexpr std::size_t kListed = 20;

std::string_view color_of(rules::Severity severity) {
  switch (severity) {
    case rules::Severity::Error: return "\x1b[1;31m";
    case rules::Severity::Warning: return "\x1b[1;33m";
    case rules::Severity::Info: return "\x1b[1;36m";
  }
  std::abort();
}

std::string position(std::string_view file, yaml::Mark mark) {
  if (mark.line == 0) return std::string(file);
  return fmt::format("{}:{}:{}", file, mark.line, mark.column);
}

// The repair as a command, where one can make it.
std::string with_command(const Finding& finding) {
  if (finding.patch.empty() || finding.place.file.empty()) return finding.fix;
  const std::string& file = finding.place.file;
  const bool is_plain = file.find_first_of(" \t\n'\"$`\\;&|<>()*?!#~") == std::string::npos;
  std::string command = "pxguard fix " + (file == "<stdin>" ? "-" : is_plain ? file : "FILE");
  if (finding.is_on_request) command += " --rule " + finding.rule;
  return finding.fix + (finding.fix.empty() ? "Run: " : " Or run: ") + command;
}

class TextRenderer {
 public:
  TextRenderer(const Report& report, const TextOptions& options)
      : report_(report), options_(options) {}

  std::string run() {
    if (report_.cluster()) add_cluster(*report_.cluster());
    add_findings();
    if (!report_.cluster()) add_problems();
    if (options_.detail == Detail::Everything) {
      add_unverified();
      add_skipped();
    }
    add_exceptions();
    add_remarks();
    text_ += wrap("", summary_line(report_.summary()));
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool is_listed(const Finding& finding) const {
    return options_.detail == Detail::Everything || finding.severity != rules::Severity::Info;
  }

  // Half an audit never looks whole: what is missing comes first.
  void add_cluster(const Cluster& cluster) {
    const std::string version =
        cluster.kubernetes.empty() ? "" : ", Kubernetes " + cluster.kubernetes;
    text_ += wrap("", "cluster " + cluster.server + version);
    if (!report_.problems().empty()) {
      text_ += wrap("PARTIAL: ", counted(report_.problems().size(), "part") +
                                     " of the cluster could not be read; nothing is known of what "
                                     "is in there");
    }
    add_problems();
    if (report_.problems().empty()) text_ += '\n';
  }

  void add_findings() {
    std::vector<const Finding*> listed;
    for (const Finding& finding : report_.findings()) {
      if (is_listed(finding)) listed.push_back(&finding);
    }
    const auto is_same = [](const Place& a, const Place& b) {
      return a.file == b.file && a.object == b.object && a.object_mark.line == b.object_mark.line &&
             a.object_mark.column == b.object_mark.column;
    };
    for (auto begin = listed.begin(); begin != listed.end();) {
      const Place& place = (*begin)->place;
      const auto end = std::find_if(begin, listed.end(), [&](const Finding* finding) {
        return !is_same(finding->place, place);
      });
      text_ += wrap("", counted(static_cast<std::size_t>(end - begin), "problem") + " in " +
                            place.object.display());
      for (; begin != end; ++begin) add(**begin);
      text_ += '\n';
    }
  }

  void add(const Finding& finding) {
    const std::string_view paint = color_of(finding.severity);
    std::string title = wrap("", fmt::format("{} {} ({})", finding.rule, finding.message,
                                             rules::to_string(finding.severity)));
    if (options_.color == Color::Always)
      title.replace(0, finding.rule.size(), painted(finding.rule, paint));
    text_ += title;
    add_excerpt(finding, paint);
    if (!finding.path.empty()) text_ += wrap("  at    ", finding.path);
    const std::string fix = with_command(finding);
    for (const auto& [label, words] :
         {std::pair<std::string_view, const std::string&>{"  found ", finding.found},
          {"  want  ", finding.want},
          {"  why   ", finding.why},
          {"  fix   ", fix},
          {"  note  ", finding.note}}) {
      if (!words.empty()) text_ += wrap(label, words);
    }
  }

  void add_excerpt(const Finding& finding, std::string_view paint) {
    if (finding.place.file.empty()) return;
    text_ += wrap("  --> ", position(finding.place.file, finding.mark));
    if (!finding.excerpt) return;
    const std::string number = std::to_string(finding.mark.line);
    const std::string gutter(number.size() + 1, ' ');
    const std::size_t room = kColumns - number.size() - 6;
    auto [line, caret] = *finding.excerpt;
    // A long line is shown around the caret.
    const std::size_t at = static_cast<std::size_t>(caret);
    const std::size_t from = at + 8 > room ? at - room / 2 : 0;
    std::string part = line.substr(std::min(from, line.size()), room);
    part.erase(part.find_last_not_of(' ') + 1);
    text_ += fmt::format("  {} | {}\n", number, part);
    text_ += fmt::format("  {}| {}{}\n", gutter, std::string(at - from, ' '), painted("^", paint));
  }

  [[nodiscard]] std::string painted(std::string_view words, std::string_view paint) const {
    if (options_.color == Color::Never) return std::string(words);
    return fmt::format("{}{}\x1b[0m", paint, words);
  }

  void add_problems() {
    for (const Problem& problem : report_.problems()) {
      const std::string line = problem.line > 0 ? fmt::format(":{}", problem.line) : "";
      const std::string where = problem.file.empty() ? "" : problem.file + line + ": ";
      text_ += wrap("not read: ", where + problem.message);
    }
    if (!report_.problems().empty()) text_ += '\n';
  }

  // Grouped by what is missing: one Secret that nobody gave makes many checks wait.
  void add_unverified() {
    std::map<std::string, std::vector<const Unverified*>> groups;
    for (const Unverified& unknown : report_.unverified())
      groups[unknown.needs].push_back(&unknown);
    for (const auto& [needs, checks] : groups) {
      if (checks.size() == 1) {
        const Unverified& only = *checks.front();
        text_ += wrap("not verified: ",
                      fmt::format("{} {} needs {}", only.rule, only.place.object.display(), needs));
      } else {
        text_ += wrap("not verified: ", fmt::format("{} checks need {}", checks.size(), needs));
        add_waiting(checks);
      }
    }
    if (!groups.empty()) text_ += '\n';
  }

  void add_waiting(const std::vector<const Unverified*>& checks) {
    std::vector<std::pair<std::string, std::vector<std::string>>> objects;
    for (const Unverified* check : checks) {
      std::string object = check->place.object.display();
      if (!check->place.file.empty()) object += " in " + check->place.file;
      if (objects.empty() || objects.back().first != object)
        objects.emplace_back(std::move(object), std::vector<std::string>{});
      objects.back().second.push_back(check->rule);
    }
    for (std::size_t i = 0; i < std::min(objects.size(), kListed); ++i) {
      text_ += wrap("  ", join(objects[i].second, ", ") + ' ' + objects[i].first);
    }
    add_rest(objects.size());
  }

  void add_rest(std::size_t size) {
    if (size <= kListed) return;
    text_ += fmt::format("  and {} more, all of them with --format json\n", size - kListed);
  }

  void add_skipped() {
    const auto& skipped = report_.skipped();
    for (std::size_t i = 0; i < std::min(skipped.size(), kListed); ++i) {
      text_ += wrap("skipped: ", skipped[i].file + ": " + skipped[i].reason);
    }
    add_rest(skipped.size());
    if (!skipped.empty()) text_ += '\n';
  }

  void add_exceptions() {
    for (const ExceptionUse& use : report_.exceptions()) {
      const std::string what = fmt::format("{} {} ", use.rule, use.place.object.display());
      text_ += wrap("exception: ",
                    use.expired ? fmt::format("{}is not excepted any longer: it expired on {} ({})",
                                              what, use.expires, use.reason)
                                : fmt::format("{}until {}: {}", what, use.expires, use.reason));
    }
    if (!report_.exceptions().empty()) text_ += '\n';
  }

  void add_remarks() {
    const Summary& summary = report_.summary();
    const std::string_view where = report_.cluster() ? "this cluster" : "these files";
    if (report_.cluster()) add_refused(report_.cluster()->refused);
    if (summary.objects == 0) {
      text_ += report_.cluster() ? "There was nothing to judge in what could be read.\n"
                                 : "There was no Kubernetes object to check.\n";
    } else if (report_.is_unrelated()) {
      text_ +=
          wrap("", fmt::format("No Portworx, Stork or Autopilot is in {}: rules about them had "
                               "nothing to judge.",
                               where));
    } else if (summary.errors + summary.warnings + summary.infos > 0) {
      return;
    } else if (summary.unverified + summary.unreadable > 0) {
      text_ += wrap(
          "", "Nothing wrong was found in what could be checked; see above for what could not.");
    }
  }

  void add_refused(std::size_t refused) {
    if (refused == 0) return;
    text_ +=
        wrap("", fmt::format("{} would be refused if {} applied today as {}.",
                             counted(refused, "object"), refused == 1 ? "it were" : "they were",
                             refused == 1 ? "it stands" : "they stand"));
  }

  const Report& report_;
  const TextOptions options_;
  std::string text_;
};

}  // namespace

std::string summary_line(const Summary& summary) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::size_t count, std::string_view one, std::string_view many) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, count == 1 ? one : many));
  };
  add(summary.errors, "error", "errors");
  add(summary.warnings, "warning", "warnings");
  add(summary.infos, "info", "infos");
  if (parts.empty())
    parts.emplace_back(summary.objects == 0 ? "nothing to check" : "nothing wrong found");
  add(summary.unverified, "unverified", "unverified");
  add(summary.exceptions, "exception", "exceptions");
  add(summary.skipped, "skipped", "skipped");
  add(summary.unreadable, "not read", "not read");
  // A live cluster has no files.
  const std::string files = summary.files > 0 || summary.objects == 0
                                ? counted(summary.files, "file") + ", "
                                : std::string();
  return fmt::format("{}{}, {}: {}", files, counted(summary.objects, "object"),
                     counted(summary.rules, "rule"), join(parts, ", "));
}

std::string to_text(const Report& report, const TextOptions& options) {
  return TextRenderer(report, options).run();
}

}  // namespace pxguard::report
