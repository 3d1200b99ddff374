#include "cli/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <iterator>

#include "base/json_text.h"

namespace pxguard::cli {
namespace {

constexpr std::size_t kValue = 1024;

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::Info: return "info";
    case LogLevel::Warning: return "warning";
    case LogLevel::Error: return "error";
  }
  std::abort();
}

// ASCII alone, so that whatever a stranger calls an object stays inside its quotes.
std::string as_json(std::string_view text) {
  std::string quoted = json::quote(text.substr(0, kValue));
  for (char& c : quoted) c = static_cast<unsigned char>(c) < 0x7f ? c : '?';
  return quoted;
}

struct Written {
  std::string operator()(std::string_view text) const { return as_json(text); }
  std::string operator()(std::int64_t number) const { return fmt::to_string(number); }
  std::string operator()(double number) const { return fmt::format("{:.3f}", number); }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(std::span<const std::string> words) const {
    std::string list = "[";
    for (const std::string& word : words) {
      if (list.size() > 1) list += ',';
      list += as_json(word);
    }
    return list + "]";
  }
};

}  // namespace

std::string log_line(std::chrono::system_clock::time_point now, LogLevel level,
                     std::string_view message, std::initializer_list<LogField> fields) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::string line =
      fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","message":{})",
                  fmt::gmtime(std::chrono::system_clock::to_time_t(now)), milliseconds,
                  to_string(level), as_json(message));
  for (const LogField& field : fields) {
    fmt::format_to(std::back_inserter(line), R"(,"{}":{})", field.name,
                   std::visit(Written{}, field.value));
  }
  return line + "}";
}

Log::Log(int descriptor) : writer_(descriptor) {}

void Log::write(LogLevel level, std::string_view message,
                std::initializer_list<LogField> fields) noexcept try {
  const auto now = std::chrono::system_clock::now();
  if (const std::size_t dropped = writer_.take_dropped(); dropped > 0) {
    writer_.add(log_line(now, LogLevel::Warning, "log lines were dropped: their reader is too slow",
                         {{"count", static_cast<std::int64_t>(dropped)}}));
  }
  writer_.add(log_line(now, level, message, fields));
} catch (...) {
  // Without memory for a line there is still an answer to give.
  writer_.drop();
}

}  // namespace pxguard::cli
