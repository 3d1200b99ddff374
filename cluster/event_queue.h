// Events on their way from whoever notices something to the one who writes them. What was said in
// the last hour is not said again, what comes too fast or finds the queue full is dropped and
// counted. Memory is bounded whatever comes.
//
// Threads: safe; push() never waits for a connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "cluster/event.h"

namespace pxguard::cluster {

class EventQueue {
 public:
  using Clock = std::chrono::steady_clock;

  // False: it was said already, or dropped.
  bool push(Event event, Clock::time_point now);
  // Nothing where there is none.
  std::optional<Event> pop();
  [[nodiscard]] bool empty() const;

  [[nodiscard]] std::uint64_t dropped() const;

 private:
  // The lock is held for all of these.
  bool is_new(std::uint64_t id, Clock::time_point now);
  bool may_speak(Clock::time_point now);

  mutable std::mutex mutex_;
  std::deque<Event> waiting_;
  std::unordered_map<std::uint64_t, Clock::time_point> said_;
  std::deque<std::uint64_t> in_order_;  // the keys of said_, oldest first
  double tokens_ = -1;                  // negative: nobody has spoken yet
  Clock::time_point filled_{};
  std::uint64_t dropped_ = 0;
};

}  // namespace pxguard::cluster
