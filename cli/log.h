// The log of `serve`: one line of JSON an event, on standard output.
//
// Threads: safe. A line is handed to a thread of the log's own, and dropped if that one is too far
// behind: a reader that stalls must not stop admission.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace pxguard::cli {

// Views: used before the call returns.
using LogValue =
    std::variant<std::string_view, std::int64_t, double, bool, std::span<const std::string>>;

struct LogField {
  std::string_view name;  // a word of ours, written as it is
  LogValue value;
};

enum class LogLevel { Info, Warning, Error };

// Without the line's end. Text is escaped, made ASCII, and cut at 1 KiB a value.
std::string log_line(std::chrono::system_clock::time_point now, LogLevel level,
                     std::string_view message, std::initializer_list<LogField> fields);

class Log {
 public:
  Log();
  ~Log();  // writes what is left
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace pxguard::cli
