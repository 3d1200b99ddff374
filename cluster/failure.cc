#include "cluster/failure.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace pxguard::cluster {
namespace {

using Kind = Failure::Kind;

constexpr std::size_t kMessage = 300;

Kind kind_of(int status) {
  switch (status) {
    case 401: return Kind::Unauthorized;
    case 403: return Kind::Forbidden;
    case 404: return Kind::NotFound;
    case 409: return Kind::Conflict;
    case 410: return Kind::Gone;
    case 429:
    case 503: return Kind::Throttled;
    default: return status >= 400 && status < 500 ? Kind::Refused : Kind::Broken;
  }
}

}  // namespace

Failure Failure::of_status(int status, json::Value said) {
  Failure failure{kind_of(status)};
  const std::string_view words = said["message"].text();
  failure.message = words.empty() ? fmt::format("the API server answered {}", status)
                                  : printable(words, kMessage);
  const auto seconds = said.at("details.retryAfterSeconds").integer_or(0);
  if (seconds > 0)
    failure.retry_after = std::chrono::seconds(std::min<std::int64_t>(seconds, 86'400));
  return failure;
}

Failure Failure::broken(std::string_view why) { return {Kind::Broken, printable(why, kMessage)}; }

std::string_view to_string(Failure::Kind kind) {
  switch (kind) {
    case Kind::Unreachable: return "unreachable";
    case Kind::Unauthorized: return "unauthorized";
    case Kind::Forbidden: return "forbidden";
    case Kind::NotFound: return "not found";
    case Kind::Conflict: return "conflict";
    case Kind::Gone: return "gone";
    case Kind::Throttled: return "throttled";
    case Kind::Refused: return "refused";
    case Kind::Broken: return "broken";
    case Kind::Stopped: return "stopped";
  }
  return "";
}

}  // namespace pxguard::cluster
