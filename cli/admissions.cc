#include "cli/admissions.h"

#include <chrono>
#include <utility>

namespace pxguard::cli {

webhook::Response Admissions::answer(const webhook::Request& request) {
  const auto began = std::chrono::steady_clock::now();
  const auto policy = policies_.get();
  webhook::Admitted admitted =
      webhook::admit(request.body, *policy, view_, std::chrono::system_clock::now());
  const auto elapsed = std::chrono::steady_clock::now() - began;

  webhook::Response response;
  response.status = admitted.http_status;
  response.body = std::move(admitted.body);
  if (response.status != 200) {
    log_.write(LogLevel::Warning, "no review", {{"why", response.body}});
    return response;
  }
  response.content_type = "application/json";
  count(admitted.summary, elapsed);
  write(admitted.summary, elapsed);
  return response;
}

void Admissions::count(const webhook::Summary& summary,
                       std::chrono::steady_clock::duration elapsed) {
  metrics_.count_admission(summary.operation, summary.kind, summary.allowed, elapsed);
  for (const auto& [rule, action] : summary.findings) metrics_.count_finding(rule, action);
  for (const std::string& rule : summary.exceptions_used) metrics_.count_exception(rule);
}

void Admissions::write(const webhook::Summary& summary,
                       std::chrono::steady_clock::duration elapsed) {
  log_.write(LogLevel::Info, "admission",
             {{"uid", summary.uid},
              {"operation", summary.operation},
              {"object", summary.object},
              {"allowed", summary.allowed},
              {"rules", std::span(summary.rules)},
              {"elapsed_ms", std::chrono::duration<double, std::milli>(elapsed).count()}});
}

}  // namespace pxguard::cli
