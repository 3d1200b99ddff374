#include "cli/published_reports.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace pxguard::cli {
namespace {

using cluster::NamespaceReport;
using cluster::ReportEntry;
using Outcome = ReportEntry::Outcome;

Outcome outcome_of(rules::Severity severity) {
  switch (severity) {
    case rules::Severity::Error: return Outcome::Error;
    case rules::Severity::Warning: return Outcome::Warning;
    case rules::Severity::Info: return Outcome::Info;
  }
  std::abort();
}

ReportEntry entry_of(const report::Finding& finding) {
  return {.outcome = outcome_of(finding.severity),
          .object = finding.place.object,
          .rule = finding.rule,
          .message = finding.message,
          .properties = {{"name", finding.name},
                         {"path", finding.path},
                         {"found", finding.found},
                         {"want", finding.want},
                         {"fix", finding.fix},
                         {"note", finding.note}}};
}

ReportEntry entry_of(const report::Unverified& unknown) {
  return {.outcome = Outcome::Unverified,
          .object = unknown.place.object,
          .rule = unknown.rule,
          .message = "not verified: needs " + unknown.needs};
}

ReportEntry entry_of(const report::ExceptionUse& use) {
  return {.outcome = Outcome::Warning,
          .object = use.place.object,
          .rule = use.rule,
          .message = "the exception expired on " + use.expires + " and no longer applies",
          .properties = {{"note", use.reason}}};
}

class Cutting {
 public:
  explicit Cutting(const std::vector<const model::Object*>& judged) {
    of("");
    for (const model::Object* object : judged) ++objects_[object->id().ns];
    for (const auto& [ns, count] : objects_) of(ns);
  }

  void add(ReportEntry entry) {
    const std::string& ns = entry.object.ns;
    spoken_of_[ns].insert(entry.object.display() + '\n' + entry.object.api_version);
    of(ns).entries.push_back(std::move(entry));
  }
  void add_unread(std::string message) {
    of("").entries.push_back({.outcome = Outcome::NotRead, .message = std::move(message)});
  }

  std::vector<NamespaceReport> take() {
    std::vector<NamespaceReport> reports;
    for (auto& [ns, report] : reports_) {
      report.passed = objects_[ns] - std::min(objects_[ns], spoken_of_[ns].size());
      reports.push_back(std::move(report));
    }
    return reports;
  }

 private:
  NamespaceReport& of(const std::string& ns) {
    NamespaceReport& report = reports_[ns];
    report.ns = ns;
    return report;
  }

  std::map<std::string, NamespaceReport> reports_;
  std::map<std::string, std::size_t> objects_;
  std::map<std::string, std::set<std::string>> spoken_of_;
};

std::string fault_of(const report::Finding& finding) {
  const model::ObjectId& id = finding.place.object;
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", id.api_version, id.kind, id.ns, id.name,
                     finding.rule, finding.path, finding.message);
}

}  // namespace

std::vector<NamespaceReport> published_reports(const report::Report& report,
                                               const std::vector<const model::Object*>& judged) {
  Cutting cutting(judged);
  for (const report::Finding& finding : report.findings()) cutting.add(entry_of(finding));
  for (const report::Unverified& unknown : report.unverified()) cutting.add(entry_of(unknown));
  for (const report::ExceptionUse& use : report.exceptions()) {
    if (use.expired) cutting.add(entry_of(use));
  }
  for (const report::Problem& problem : report.problems()) cutting.add_unread(problem.message);
  return cutting.take();
}

std::set<std::string> faults_of(const report::Report& report) {
  std::set<std::string> faults;
  for (const report::Finding& finding : report.findings()) {
    if (finding.severity == rules::Severity::Error) faults.insert(fault_of(finding));
  }
  return faults;
}

std::vector<cluster::Event> drift_events(const report::Report& report,
                                         const std::set<std::string>& known,
                                         const std::vector<const model::Object*>& judged) {
  // Findings of one object stand together.
  std::vector<cluster::Event> events;
  for (const report::Finding& finding : report.findings()) {
    if (finding.severity != rules::Severity::Error || known.contains(fault_of(finding))) continue;
    const std::string words = finding.rule + ' ' + finding.message;
    if (!events.empty() && events.back().object == finding.place.object) {
      events.back().note += "; " + words;
      continue;
    }
    events.push_back(
        {.about = cluster::Event::About::Drift, .object = finding.place.object, .note = words});
  }
  // kubectl describe shows Events by the uid of their object.
  for (cluster::Event& event : events) {
    const auto object =
        std::find_if(judged.begin(), judged.end(),
                     [&event](const model::Object* one) { return one->id() == event.object; });
    if (object != judged.end()) event.uid = (*object)->metadata()["uid"].text();
  }
  return events;
}

}  // namespace pxguard::cli
