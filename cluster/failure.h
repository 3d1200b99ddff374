// Why the API server did not do what it was asked for.
//
// Threads: any number may read.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace pxguard::cluster {

// A kind exists only if a caller branches on it.
struct [[nodiscard]] Failure {
  enum class Kind {
    Unreachable,   // no connection, no TLS, or it ended before the answer did
    Unauthorized,  // 401: what we show is not taken (any more)
    Forbidden,     // 403: we are known, and may not
    NotFound,      // 404: no such object, or no such resource on this server
    Conflict,      // 409: somebody was faster
    Gone,          // 410: the version is too old to go on from
    Throttled,     // 429, 503: later
    Refused,       // any other 4xx: what we ask is wrong
    Broken,        // any other 5xx, or an answer that is none
    Stopped,       // we were told to stop
  };
  Kind kind = Kind::Broken;
  std::string message{};  // printable, at most 300 characters; never a value of a secret
  std::optional<std::chrono::milliseconds> retry_after{};  // as the server asks

  // What an HTTP status means. `said`: the Status object that came with it, if one did.
  static Failure of_status(int status, json::Value said = {});
  // An answer that is none.
  static Failure broken(std::string_view why);
};

[[nodiscard]] std::string_view to_string(Failure::Kind kind);

template <class T>
using Answer = Result<T, Failure>;

}  // namespace pxguard::cluster
