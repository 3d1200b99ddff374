#include "webhook/mutate.h"

#include <algorithm>
#include <set>

#include "base/base64.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "base/text.h"
#include "webhook/mend.h"
#include "webhook/review.h"

namespace pxguard::webhook {
namespace {

std::string warning_of(std::string_view rule, const Review& review, std::string_view words) {
  return printable(
      std::string(rule) + ' ' + review.subject().id().display() + ": " + std::string(words),
      limits::kWarning);
}

// At most what an API server shows; how many are left out is said in the last one.
std::vector<std::string> fitting(std::vector<std::string> lines) {
  std::size_t size = 0;
  std::size_t count = 0;
  while (count < lines.size() && size + lines[count].size() <= limits::kAllWarnings - 100)
    size += lines[count++].size();
  if (count == lines.size()) return lines;
  const std::size_t more = lines.size() - count;
  lines.resize(count);
  lines.push_back("pxguard: " + std::to_string(more) + " more");
  return lines;
}

std::string warnings_of(const Review& review, const Mending& mending) {
  std::vector<std::string> lines;
  for (const auto& [rule, path, what] : mending.mended)
    lines.push_back(warning_of(rule->id, review, "mended: pxguard " + what));
  for (const auto& [rule, path, why] : mending.unmended)
    lines.push_back(warning_of(rule->id, review, "not mended at " + path + ": " + why));
  lines = fitting(std::move(lines));
  for (std::string& line : lines) line = json::quote(line);
  return join(lines, ",");
}

std::string annotations_of(const Mending& mending, const policy::Policy& policy) {
  std::string json = R"({"mode":"mutate","policy":)" + json::quote(policy.hash);
  std::vector<std::string> mended;
  for (const auto& [rule, path, what] : mending.mended)
    mended.push_back(std::string(rule->id) + ' ' + what);
  if (!mended.empty())
    json += R"(,"mended":)" + json::quote(printable(join(mended, "; "), limits::kAllWarnings));
  std::vector<std::string> left;
  for (const auto& [rule, path, why] : mending.unmended)
    left.push_back(std::string(rule->id) + ' ' + path + ": " + why);
  if (!left.empty())
    json += R"(,"unmended":)" + json::quote(printable(join(left, "; "), limits::kAllWarnings));
  return json + '}';
}

std::string answer(const Review& review, const Mending& mending, const policy::Policy& policy) {
  std::string json =
      R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":)";
  json += json::quote(review.uid) + R"(,"allowed":true)";
  if (!mending.patch.empty()) {
    json += R"(,"patchType":"JSONPatch","patch":)" +
            json::quote(base64_encode(rules::to_json(mending.patch)));
  }
  const std::string warnings = warnings_of(review, mending);
  if (!warnings.empty()) json += R"(,"warnings":[)" + warnings + ']';
  return json + R"(,"auditAnnotations":)" + annotations_of(mending, policy) + "}}";
}

}  // namespace

Admitted mutate(std::string_view body, const policy::Policy& policy, const model::ClusterView& view,
                std::chrono::system_clock::time_point now) {
  const Result<Review> review = parse_review(body);
  if (!review) return {.http_status = 400, .body = review.error().message + '\n'};
  const Mending mending = mend(*review, view, policy, now);
  Admitted admitted{.http_status = 200, .body = answer(*review, mending, policy)};
  Summary& summary = admitted.summary;
  summary.uid = printable(review->uid, 64);
  summary.operation = to_string(review->operation);
  summary.kind = printable(review->kind, 64);
  summary.object = review->subject().id().display();
  summary.id = review->subject().id();
  summary.dry_run = review->dry_run;
  std::set<std::string> rules;
  for (const Mended& one : mending.mended) rules.emplace(one.rule->id);
  summary.rules.assign(rules.begin(), rules.end());
  summary.view_age = view.age_used();
  return admitted;
}

}  // namespace pxguard::webhook
