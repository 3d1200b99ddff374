#include "webhook/status.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace pxguard::webhook {
namespace {

constexpr std::chrono::milliseconds kDeadline{1000};

}  // namespace

Status::Status(const Metrics& metrics, std::function<std::size_t()> open_connections)
    : metrics_(metrics), open_connections_(std::move(open_connections)) {}

std::vector<Route> Status::routes() {
  return {{"GET", "/healthz", kDeadline},
          {"GET", "/readyz", kDeadline},
          {"GET", "/metrics", kDeadline}};
}

std::string Status::why_not_ready() const {
  if (leaving_) return "shutting down";
  if (!policy_loaded_) return "no policy is loaded yet";
  if (!certificate_loaded_) return "no certificate is loaded yet";
  return wait_for_ ? wait_for_() : std::string();
}

Response Status::answer(const Request& request) const {
  Response response;
  if (request.path == "/metrics") {
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics_.text(std::chrono::system_clock::now(), open_connections_());
    return response;
  }
  const std::string reason = request.path == "/readyz" ? why_not_ready() : std::string();
  response.status = reason.empty() ? 200 : 503;
  response.body = reason.empty() ? "ok\n" : fmt::format("not ready: {}\n", reason);
  return response;
}

}  // namespace pxguard::webhook
