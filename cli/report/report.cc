#include "cli/report/report.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "rules/json_patch.h"

namespace pxguard::report {
namespace {

auto order(const model::ObjectId& id) { return std::tie(id.kind, id.ns, id.name, id.api_version); }

auto order(const Place& place) {
  return std::tuple(std::string_view(place.file), place.object_mark.line, place.object_mark.column,
                    order(place.object));
}

Finding finding_of(Place place, const policy::Judged& judged) {
  Finding finding{.place = std::move(place)};
  finding.rule = judged.rule->id;
  finding.name = judged.rule->name;
  finding.severity = judged.finding.severity;
  finding.action = judged.action;
  finding.path = judged.finding.at.display();
  finding.pointer = judged.finding.at.pointer();
  finding.message = judged.message();
  finding.found = judged.finding.found;
  finding.want = judged.finding.want;
  finding.why = judged.why();
  finding.fix = judged.fix();
  finding.docs = "docs/rules/" + finding.rule + "-" + finding.name + ".md";
  finding.note = judged.note;
  return finding;
}

std::string patch_of(const rules::Repair& repair, const model::Object& object) {
  if (repair.empty()) return {};
  const auto patch = rules::compose(repair.edits, object.root());
  return patch ? rules::to_json(*patch) : std::string();
}

}  // namespace

void Report::add(const model::Object& object, policy::Verdict verdict, const LineOf& lines) {
  const Place place{object.file(), object.mark(""), object.id()};
  std::optional<Excerpts> excerpts;
  for (const policy::Judged& judged : verdict.findings) {
    Finding finding = finding_of(place, judged);
    finding.mark = object.mark(finding.pointer);
    finding.patch = patch_of(judged.finding.repair, object);
    finding.is_on_request = judged.finding.repair.use == rules::Repair::Use::Request;
    if (!excerpts) excerpts.emplace(object);
    finding.excerpt = excerpts->at(finding.mark, lines(object.file(), finding.mark.line));
    findings_.push_back(std::move(finding));
  }
  for (rules::RuleUnverified& unknown : verdict.unverified) {
    unverified_.push_back({place, std::string(unknown.rule->id), std::move(unknown.needs)});
  }
  for (const auto& [exception, expired] : verdict.exceptions) {
    exceptions_.push_back({place, std::string(exception->rule->id), exception->reason,
                           exception->expires_text, expired});
  }
}

void Report::add_unverified(const model::Object& object, std::string rule, std::string needs) {
  unverified_.push_back(
      {{object.file(), object.mark(""), object.id()}, std::move(rule), std::move(needs)});
}

void Report::sort() {
  // Stable: one rule says several things about one place in an order of its own.
  std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
    const auto left = order(a.place);
    const auto right = order(b.place);
    if (left != right) return left < right;
    if (a.mark.line != b.mark.line) return a.mark.line < b.mark.line;
    if (a.severity != b.severity) return a.severity > b.severity;
    return std::tie(a.path, a.rule) < std::tie(b.path, b.rule);
  });
  std::stable_sort(
      unverified_.begin(), unverified_.end(), [](const Unverified& a, const Unverified& b) {
        const auto left = order(a.place);
        const auto right = order(b.place);
        return left != right ? left < right : std::tie(a.rule, a.needs) < std::tie(b.rule, b.needs);
      });
  std::stable_sort(exceptions_.begin(), exceptions_.end(),
                   [](const ExceptionUse& a, const ExceptionUse& b) {
                     const auto left = order(a.place);
                     const auto right = order(b.place);
                     return left != right ? left < right : a.rule < b.rule;
                   });
  std::stable_sort(skipped_.begin(), skipped_.end(),
                   [](const Skipped& a, const Skipped& b) { return a.file < b.file; });
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    const std::string none;
    return std::tie(a.file, a.line, a.file.empty() ? a.message : none) <
           std::tie(b.file, b.line, b.file.empty() ? b.message : none);
  });
}

void Report::finish(std::size_t files, std::size_t objects, std::size_t rules) {
  sort();
  const auto count = [this](rules::Severity severity) {
    return static_cast<std::size_t>(
        std::count_if(findings_.begin(), findings_.end(),
                      [severity](const Finding& finding) { return finding.severity == severity; }));
  };
  summary_ = {.files = files,
              .objects = objects,
              .rules = rules,
              .errors = count(rules::Severity::Error),
              .warnings = count(rules::Severity::Warning),
              .infos = count(rules::Severity::Info),
              .unverified = unverified_.size(),
              .exceptions = exceptions_.size(),
              .skipped = skipped_.size(),
              .unreadable = problems_.size()};
}

}  // namespace pxguard::report
