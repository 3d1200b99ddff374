// The log of `serve`: one line of JSON an event, on standard output. A reader that stalls does not
// stop admission: lines are dropped then, and the log says how many.
//
// Threads: safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "cli/line_writer.h"

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
  explicit Log(int descriptor = 1);

  // Where there is no memory for it the line is dropped, and counted.
  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields = {}) noexcept;

 private:
  LineWriter writer_;
};

}  // namespace pxguard::cli
