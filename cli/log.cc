#include "cli/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>
#include <iterator>
#include <nlohmann/json.hpp>

namespace pxguard::cli {
namespace {

constexpr std::size_t kValue = 1024;
constexpr std::size_t kLinesInWaiting = 1024;

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
  return nlohmann::json(text.substr(0, kValue))
      .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
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

struct Log::Sink {
  std::shared_ptr<spdlog::details::thread_pool> writer =
      std::make_shared<spdlog::details::thread_pool>(kLinesInWaiting, 1);
  std::shared_ptr<spdlog::async_logger> logger = std::make_shared<spdlog::async_logger>(
      "pxguard", std::make_shared<spdlog::sinks::stdout_sink_mt>(), writer,
      spdlog::async_overflow_policy::overrun_oldest);
};

Log::Log() : sink_(std::make_unique<Sink>()) {
  sink_->logger->set_pattern("%v");
  sink_->logger->flush_on(spdlog::level::info);
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  const std::string line = log_line(std::chrono::system_clock::now(), level, message, fields);
  sink_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace pxguard::cli
