// TLS handshakes that failed: the last reason, and how many there were. A client that trusts
// another CA tries for ever, and would fill the log.
//
// Threads: safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "cli/log.h"

namespace pxguard::cli {

class HandshakeFailures {
 public:
  void add(std::string_view reason) {
    const std::lock_guard lock(mutex_);
    ++count_;
    reason_ = reason;
  }
  // At most one line a minute.
  void write_to(Log& log) {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (count_ == 0 || now < next_) return;
    log.write(LogLevel::Warning, "TLS handshakes failed",
              {{"count", std::exchange(count_, 0)}, {"last", reason_}});
    next_ = now + std::chrono::minutes(1);
  }

 private:
  std::mutex mutex_;
  std::int64_t count_ = 0;
  std::string reason_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace pxguard::cli
