#include "webhook/admit.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "rules/policy/evaluate.h"
#include "rules/policy/words.h"
#include "webhook/review.h"

namespace pxguard::webhook {
namespace {

constexpr std::size_t kUsualAnswer = 2048;

// The API server reads the last of two equal keys, and so do we; the requester should know.
std::string duplicate_warning(const Review& review) {
  const model::Object& object = review.subject();
  const auto& duplicates = object.document().duplicates();
  if (duplicates.empty()) return {};
  return printable("pxguard: " + object.id().display() + " has " +
                       policy::counted(duplicates.size(), "key") +
                       " that stand twice; the last one counts: " +
                       object.document().pointer_of(duplicates[0].last),
                   limits::kWarning);
}

std::vector<std::string> rule_ids(const policy::Verdict& verdict) {
  std::set<std::string> ids;
  for (const policy::Judged& judged : verdict.findings) ids.emplace(judged.rule->id);
  return {ids.begin(), ids.end()};
}

// "PXS201, PXS202 need the Portworx of this cluster; PXS107 needs Secret kube-system/pxkeys"
std::string unverified_text(const policy::Verdict& verdict) {
  constexpr std::size_t kMostNeeds = 20;
  std::vector<std::pair<std::string_view, std::vector<std::string>>> by_need;
  for (const rules::RuleUnverified& unverified : verdict.unverified) {
    const std::string& needs = unverified.needs;
    auto known = std::find_if(by_need.begin(), by_need.end(),
                              [&needs](const auto& entry) { return entry.first == needs; });
    if (known == by_need.end()) {
      // More than a line can hold.
      if (by_need.size() == kMostNeeds) continue;
      known = by_need.insert(known, {needs, {}});
    }
    known->second.emplace_back(unverified.rule->id);
  }
  std::string text;
  for (const auto& [needs, rules] : by_need) {
    if (!text.empty()) text += "; ";
    text += join(rules, ", ") + (rules.size() == 1 ? " needs " : " need ") + std::string(needs);
  }
  return printable(text, limits::kWarning);
}

// A member of an object whose first member stands before it.
void add_member(std::string& json, std::string_view name, std::string_view value) {
  json += ',' + json::quote(name) + ':' + json::quote(value);
}

std::string audit_annotations(const policy::Verdict& verdict, const policy::Policy& policy,
                              std::optional<std::chrono::seconds> view_age) {
  std::string annotations = R"({"mode":)" + json::quote(verdict.allowed ? "allow" : "deny");
  add_member(annotations, "policy", policy.hash);
  if (view_age) add_member(annotations, "view", std::to_string(view_age->count()) + " s old");
  const auto ids = rule_ids(verdict);
  if (!ids.empty()) {
    add_member(annotations, "rules", printable(join(ids, ","), limits::kWarning));
  }
  if (!verdict.unverified.empty()) {
    add_member(annotations, "unverified", unverified_text(verdict));
  }
  std::set<std::string> used;
  std::set<std::string> acknowledged;
  for (const policy::Judged& judged : verdict.findings) {
    if (judged.because == policy::Because::Exception)
      used.insert(std::string(judged.rule->id) + ' ' + judged.note);
    if (judged.because == policy::Because::Acknowledged) acknowledged.emplace(judged.rule->id);
  }
  if (!used.empty()) {
    add_member(annotations, "exceptions",
               printable(join(std::vector(used.begin(), used.end()), "; "), limits::kWarning));
  }
  if (!acknowledged.empty()) {
    add_member(annotations, "acknowledged",
               join(std::vector(acknowledged.begin(), acknowledged.end()), ","));
  }
  return annotations + '}';
}

std::string warnings_of(const Review& review, const policy::Verdict& verdict) {
  std::vector<std::string> warnings = policy::warnings(verdict, review.subject().id());
  if (auto warning = duplicate_warning(review); !warning.empty())
    warnings.push_back(std::move(warning));
  for (std::string& warning : warnings) warning = json::quote(warning);
  return join(warnings, ",");
}

std::string answer(const Review& review, const policy::Verdict& verdict,
                   const policy::Policy& policy, std::optional<std::chrono::seconds> view_age) {
  std::string json;
  json.reserve(kUsualAnswer);
  json += R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":)";
  json += json::quote(review.uid);
  json += verdict.allowed ? R"(,"allowed":true)" : R"(,"allowed":false)";
  if (!verdict.allowed) {
    json += R"(,"status":{"code":403,"reason":"Forbidden","message":)";
    json += json::quote(policy::denial(verdict, review.subject().id(), view_age));
    json += '}';
  }
  const std::string warnings = warnings_of(review, verdict);
  if (!warnings.empty()) json += R"(,"warnings":[)" + warnings + ']';
  json += R"(,"auditAnnotations":)";
  return json.append(audit_annotations(verdict, policy, view_age)).append("}}");
}

// Titles of rules alone: it is read by whoever may read Events.
std::string denied_by(const policy::Verdict& verdict) {
  std::set<std::string> titles;
  for (const policy::Judged& judged : verdict.findings) {
    if (judged.action == rules::Action::Deny)
      titles.insert(std::string(judged.rule->id) + ' ' + std::string(judged.rule->title));
  }
  return join(std::vector(titles.begin(), titles.end()), "; ");
}

Summary summarize(const Review& review, const policy::Verdict& verdict) {
  Summary summary;
  summary.uid = printable(review.uid, 64);
  summary.operation = to_string(review.operation);
  summary.kind = printable(review.kind, 64);
  summary.object = review.subject().id().display();
  summary.id = review.subject().id();
  summary.object_uid = printable(review.subject().metadata()["uid"].text(), 64);
  summary.allowed = verdict.allowed;
  summary.dry_run = review.dry_run;
  if (!verdict.allowed) summary.denied_by = denied_by(verdict);
  summary.rules = rule_ids(verdict);
  for (const policy::Judged& judged : verdict.findings) {
    summary.findings.emplace_back(judged.rule->id, rules::to_string(judged.action));
    if (judged.because == policy::Because::Exception)
      summary.exceptions_used.emplace_back(judged.rule->id);
  }
  return summary;
}

}  // namespace

std::string_view to_string(rules::Operation operation) {
  switch (operation) {
    case rules::Operation::Create: return "CREATE";
    case rules::Operation::Update: return "UPDATE";
    case rules::Operation::Delete: return "DELETE";
    case rules::Operation::Connect: return "CONNECT";
  }
  std::abort();
}

Admitted admit(std::string_view body, const policy::Policy& policy, const model::ClusterView& view,
               std::chrono::system_clock::time_point now) {
  const Result<Review> review = parse_review(body);
  if (!review) return {.http_status = 400, .body = review.error().message + '\n'};
  const model::Object* old = review->operation == rules::Operation::Update && review->old_object
                                 ? &*review->old_object
                                 : nullptr;
  const policy::Subject subject{.object = review->subject(),
                                .old = old,
                                .operation = review->operation,
                                .user = review->user,
                                .subresource = review->subresource};
  const policy::Verdict verdict =
      policy::evaluate(subject, view, policy, now, policy::Mode::Admission);
  const auto view_age = view.age_used();
  Summary summary = summarize(*review, verdict);
  summary.view_age = view_age;
  return {.http_status = 200,
          .body = answer(*review, verdict, policy, view_age),
          .summary = std::move(summary)};
}

}  // namespace pxguard::webhook
