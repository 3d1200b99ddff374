// Requests and answers as handlers see them, and the head of a request as the server reads it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace pxguard::webhook {

// Views into the connection's buffers, valid until the handler returns.
struct Request {
  std::string_view method;
  std::string_view path;
  std::string_view query;  // without the '?'
  std::string_view body;
  bool client_certificate = false;  // the client has shown one, and it was verified
  std::chrono::steady_clock::time_point deadline;
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  bool retry_after = false;  // with 503: the API server asks again after a second
};

using Handler = std::function<Response(const Request&)>;

struct Route {
  std::string_view method;  // POST has a JSON body, GET has none
  std::string_view path;
  std::chrono::milliseconds deadline;  // from the last byte of the request to the answer
};

// What the head of a request asks for, or the status with which to refuse it.
struct Head {
  int refusal = 0;  // 0 where it is fine
  const Route* route = nullptr;
  std::string query;
  std::size_t content_length = 0;
  std::chrono::milliseconds deadline{};  // the route's, or the client's where that is shorter
  bool keep_alive = false;
};

// Looks for the empty line that ends a head. `from` is where to go on with more bytes of the same
// head. Malformed: a line that does not end in CR LF, or one that continues the line before.
struct HeadEnd {
  enum class State { Missing, Malformed, Found };
  State state;
  std::size_t size = 0;  // of the head with its empty line, where it was found
};
HeadEnd find_head_end(std::string_view text, std::size_t& from);

// `text`: a head with its empty line. Pure: a target for tests and fuzzing. In server.cc, where
// Beast is.
Head parse_head(std::string_view text, std::span<const Route> routes, std::size_t body_limit);

// "10s", as the API server sends what is left of its patience; zero where it says nothing useful.
std::chrono::seconds timeout_of(std::string_view query);

enum class Keep { Open, Close };
// The answer in the form in which it is sent. `methods`: what to allow instead, with 405.
std::string written(const Response& response, Keep connection, std::string_view methods);
// One word or two for people, as the status itself is for programs.
std::string_view reason_of(int status);
Response refusal_of(int status);

}  // namespace pxguard::webhook
