#include "webhook/admit.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "rules/policy/evaluate.h"
#include "rules/policy/words.h"
#include "webhook/review.h"

namespace pxguard::webhook {
namespace {

using nlohmann::json;

std::string_view to_string(rules::Operation operation) {
  switch (operation) {
    case rules::Operation::Create: return "CREATE";
    case rules::Operation::Update: return "UPDATE";
    case rules::Operation::Delete: return "DELETE";
    case rules::Operation::Connect: return "CONNECT";
  }
  std::abort();
}

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

std::string unverified_text(const policy::Verdict& verdict) {
  std::string text;
  for (const rules::RuleUnverified& unverified : verdict.unverified) {
    if (!text.empty()) text += "; ";
    text += std::string(unverified.rule->id) + " needs " + unverified.needs;
  }
  return printable(text, limits::kWarning);
}

json audit_annotations(const policy::Verdict& verdict, const policy::Policy& policy) {
  json annotations = {{"mode", verdict.allowed ? "allow" : "deny"}, {"policy", policy.hash}};
  const auto ids = rule_ids(verdict);
  if (!ids.empty()) annotations["rules"] = printable(join(ids, ","), limits::kWarning);
  if (!verdict.unverified.empty()) annotations["unverified"] = unverified_text(verdict);
  std::set<std::string> used;
  std::set<std::string> acknowledged;
  for (const policy::Judged& judged : verdict.findings) {
    if (judged.because == policy::Because::Exception)
      used.insert(std::string(judged.rule->id) + ' ' + judged.note);
    if (judged.because == policy::Because::Acknowledged) acknowledged.emplace(judged.rule->id);
  }
  if (!used.empty())
    annotations["exceptions"] =
        printable(join(std::vector(used.begin(), used.end()), "; "), limits::kWarning);
  if (!acknowledged.empty())
    annotations["acknowledged"] = join(std::vector(acknowledged.begin(), acknowledged.end()), ",");
  return annotations;
}

std::string answer(const Review& review, const policy::Verdict& verdict,
                   const policy::Policy& policy) {
  json response = {{"uid", review.uid}, {"allowed", verdict.allowed}};
  const model::ObjectId& object = review.subject().id();
  if (!verdict.allowed) {
    response["status"] = {
        {"code", 403}, {"reason", "Forbidden"}, {"message", policy::denial(verdict, object)}};
  }
  std::vector<std::string> warnings = policy::warnings(verdict, object);
  if (auto warning = duplicate_warning(review); !warning.empty())
    warnings.push_back(std::move(warning));
  if (!warnings.empty()) response["warnings"] = warnings;
  response["auditAnnotations"] = audit_annotations(verdict, policy);
  const json review_json = {{"apiVersion", "admission.k8s.io/v1"},
                            {"kind", "AdmissionReview"},
                            {"response", std::move(response)}};
  return review_json.dump(-1, ' ', true, json::error_handler_t::replace);
}

Summary summarize(const Review& review, const policy::Verdict& verdict) {
  Summary summary;
  summary.uid = printable(review.uid, 64);
  summary.operation = to_string(review.operation);
  summary.kind = printable(review.kind, 64);
  summary.object = review.subject().id().display();
  summary.allowed = verdict.allowed;
  summary.rules = rule_ids(verdict);
  for (const policy::Judged& judged : verdict.findings) {
    summary.findings.emplace_back(judged.rule->id, rules::to_string(judged.action));
    if (judged.because == policy::Because::Exception)
      summary.exceptions_used.emplace_back(judged.rule->id);
  }
  return summary;
}

}  // namespace

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
  return {.http_status = 200,
          .body = answer(*review, verdict, policy),
          .summary = summarize(*review, verdict)};
}

}  // namespace pxguard::webhook
