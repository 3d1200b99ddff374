// Requests to one API server, as bytes. What they mean is the business of client.h.
//
// Threads: one request at a time; interrupt() may be called from any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cluster/failure.h"

namespace pxguard::cluster {

struct Request {
  std::string method = "GET";
  std::string path{};  // with the query, escaped
  std::string accept = "application/json";
  std::string content_type{};  // of `body`
  std::string body{};
};

struct Response {
  int status = 0;
  std::string body{};
  std::optional<std::chrono::milliseconds> retry_after{};
};

class Transport {
 public:
  virtual ~Transport() = default;

  // The whole answer, of any status; at most limits::kApiAnswer bytes. Whoever calls wipes a body
  // that may hold secrets. Failure only where no answer came: Unreachable, Broken (too long) or
  // Stopped.
  virtual Answer<Response> send(const Request& request) = 0;

  // False: enough, end the connection.
  using OnBytes = std::function<bool(std::string_view)>;
  // An answer of status 200 goes to `on_bytes` as it comes and the body stays empty; any other is
  // returned whole. Returns when the server has ended the answer, or `on_bytes` said enough.
  virtual Answer<Response> stream(const Request& request, const OnBytes& on_bytes) = 0;

  // Ends what is under way, and everything after it at once: Stopped.
  virtual void interrupt() = 0;
};

}  // namespace pxguard::cluster
