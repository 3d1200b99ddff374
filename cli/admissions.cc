#include "cli/admissions.h"

#include <chrono>
#include <utility>

#include "cluster/clock.h"
#include "cluster/review_view.h"
#include "webhook/mutate.h"

namespace pxguard::cli {

webhook::Admitted Admissions::decide(const webhook::Request& request,
                                     const policy::Policy& policy) const {
  const auto now = std::chrono::system_clock::now();
  const auto decide = request.path == webhook::kMutatePath ? webhook::mutate : webhook::admit;
  if (!snapshots_) return decide(request.body, policy, view_, now);
  const cluster::ReviewView view(snapshots_(), {.now = cluster::view_time(),
                                                .compares_sent_bytes = request.client_certificate});
  return decide(request.body, policy, view, now);
}

webhook::Response Admissions::answer(const webhook::Request& request) {
  const auto began = std::chrono::steady_clock::now();
  const auto policy = policies_.get();
  webhook::Admitted admitted = decide(request, *policy);
  const auto elapsed = std::chrono::steady_clock::now() - began;

  webhook::Response response;
  response.status = admitted.http_status;
  response.body = std::move(admitted.body);
  if (response.status != 200) {
    log_.write(LogLevel::Warning, "no review", {{"why", response.body}});
    return response;
  }
  response.content_type = "application/json";
  if (request.path == webhook::kMutatePath) {
    for (const std::string& rule : admitted.summary.rules) metrics_.count_mutation(rule);
    write("mutation", admitted.summary, elapsed);
    return response;
  }
  count(admitted.summary, elapsed);
  write("admission", admitted.summary, elapsed);
  if (on_answered_) on_answered_(admitted.summary);
  return response;
}

void Admissions::count(const webhook::Summary& summary,
                       std::chrono::steady_clock::duration elapsed) {
  metrics_.count_admission(summary.operation, summary.kind, summary.allowed, elapsed);
  for (const auto& [rule, action] : summary.findings) metrics_.count_finding(rule, action);
  for (const std::string& rule : summary.exceptions_used) metrics_.count_exception(rule);
}

void Admissions::write(std::string_view what, const webhook::Summary& summary,
                       std::chrono::steady_clock::duration elapsed) {
  log_.write(LogLevel::Info, what,
             {{"uid", summary.uid},
              {"operation", summary.operation},
              {"object", summary.object},
              {"allowed", summary.allowed},
              {"rules", std::span(summary.rules)},
              {"elapsed_ms", std::chrono::duration<double, std::milli>(elapsed).count()}});
}

}  // namespace pxguard::cli
