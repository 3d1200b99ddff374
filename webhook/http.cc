#include "webhook/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace pxguard::webhook {
namespace {

constexpr std::string_view kTimeout = "timeout=";

}  // namespace

HeadEnd find_head_end(std::string_view text, std::size_t& from) {
  using State = HeadEnd::State;
  while (true) {
    const std::size_t end = text.find('\n', from);
    if (end == std::string_view::npos) {
      from = text.size();
      return {State::Missing};
    }
    if (end < 2 || text[end - 1] != '\r') return {State::Malformed};
    if (end >= 3 && text[end - 2] == '\n') return {State::Found, end + 1};
    // What follows the line may not have arrived yet; then this line is looked at again.
    if (end + 1 == text.size()) {
      from = end;
      return {State::Missing};
    }
    if (text[end + 1] == ' ' || text[end + 1] == '\t') return {State::Malformed};
    from = end + 1;
  }
}

std::chrono::seconds timeout_of(std::string_view query) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (!pair.starts_with(kTimeout) || !pair.ends_with('s')) continue;
    const std::string_view number = pair.substr(kTimeout.size(), pair.size() - kTimeout.size() - 1);
    unsigned short seconds = 0;
    const auto [rest, error] =
        std::from_chars(number.data(), number.data() + number.size(), seconds);
    if (error == std::errc{} && rest == number.data() + number.size()) {
      return std::chrono::seconds(seconds);
    }
  }
  return {};
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Unknown";
  }
}

Response refusal_of(int status) {
  Response response;
  response.status = status;
  response.body = fmt::format("{}\n", reason_of(status));
  response.retry_after = status == 503;
  return response;
}

std::string written(const Response& response, Keep connection, std::string_view methods) {
  fmt::memory_buffer head;
  const auto out = std::back_inserter(head);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
                 response.status, reason_of(response.status), response.content_type,
                 response.body.size());
  if (response.retry_after) fmt::format_to(out, "Retry-After: 1\r\n");
  if (response.status == 405) fmt::format_to(out, "Allow: {}\r\n", methods);
  if (connection == Keep::Close) fmt::format_to(out, "Connection: close\r\n");
  fmt::format_to(out, "\r\n");
  std::string text;
  text.reserve(head.size() + response.body.size());
  text.append(head.data(), head.size()).append(response.body);
  return text;
}

}  // namespace pxguard::webhook
