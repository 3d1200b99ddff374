// What is counted in the background, and its text for Prometheus. Labels are of fixed sets.
//
// Threads: safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "cli/report/report.h"

namespace pxguard::cli {

class AuditFigures {
 public:
  void set(const report::Report& report, std::chrono::system_clock::time_point now,
           std::chrono::steady_clock::duration spent);
  void count_reports(std::uint64_t written, std::uint64_t removed) {
    reports_written_ += written;
    reports_removed_ += removed;
  }
  void count_event(bool is_written) { ++(is_written ? events_written_ : events_failed_); }
  void count_failed_publication() { ++publications_failed_; }

  void write_to(std::string& text, std::uint64_t events_dropped) const;

 private:
  using Counter = std::atomic<std::uint64_t>;

  Counter errors_ = 0;
  Counter warnings_ = 0;
  Counter infos_ = 0;
  Counter unverified_ = 0;
  Counter unread_ = 0;
  Counter refused_ = 0;
  std::atomic<std::int64_t> at_ = 0;  // seconds since 1970; 0: there was none yet
  Counter microseconds_ = 0;          // of the last audit
  Counter reports_written_ = 0;
  Counter reports_removed_ = 0;
  Counter events_written_ = 0;
  Counter events_failed_ = 0;
  Counter publications_failed_ = 0;
};

}  // namespace pxguard::cli
