// What other threads may know of a connection: how dispensable it is, since when, and until when it
// may stay as it is.
//
// Threads: one sets, any number may read; of those who want to evict a connection one wins.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/limits.h"

namespace pxguard::webhook {

class Standing {
 public:
  using Clock = std::chrono::steady_clock;

  // In the order in which connections are given up when there are too many.
  enum class Rank : std::uint8_t {
    Silent,     // has not said a byte
    Idle,       // between requests
    Stranger,   // has just come, or shakes hands
    Receiving,  // a part of a request is here
    Answering,  // never evicted
    Claimed,    // somebody evicts it already
  };

  void set(Rank rank, Clock::time_point now, Clock::time_point deadline) {
    deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
    const std::uint64_t next = key_of(rank, now);
    std::uint64_t before = key_.load(std::memory_order_relaxed);
    // Once claimed it stays so.
    while (rank_of(before) != Rank::Claimed &&
           !key_.compare_exchange_weak(before, next, std::memory_order_relaxed)) {
    }
  }
  void set_deadline(Clock::time_point deadline) {
    deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  }

  // Sorts by rank, then by age: the least is the first to go.
  [[nodiscard]] std::uint64_t key() const { return key_.load(std::memory_order_relaxed); }
  [[nodiscard]] static std::uint64_t first_key_of(Rank rank) { return key_of(rank, {}); }
  [[nodiscard]] static Rank rank_of(std::uint64_t key) { return static_cast<Rank>(key >> kShift); }
  // False where it has changed since `key` was read.
  [[nodiscard]] bool claim(std::uint64_t key) {
    return key_.compare_exchange_strong(key, key_of(Rank::Claimed, {}), std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_claimed() const { return rank_of(key()) == Rank::Claimed; }

  [[nodiscard]] bool is_due(Clock::time_point now) const {
    return deadline_.load(std::memory_order_relaxed) <= now.time_since_epoch().count();
  }

 private:
  static constexpr int kShift = 56;

  static std::uint64_t key_of(Rank rank, Clock::time_point since) {
    const auto micros =
        std::chrono::duration_cast<std::chrono::microseconds>(since.time_since_epoch()).count();
    return (static_cast<std::uint64_t>(rank) << kShift) | static_cast<std::uint64_t>(micros);
  }

  // Who was just accepted is not dispensable: it has not had its turn yet. Should it never have
  // one, for want of memory, it goes all the same.
  std::atomic<std::uint64_t> key_ = key_of(Rank::Stranger, Clock::now());
  std::atomic<std::int64_t> deadline_ =
      (Clock::now() + limits::kHandshake).time_since_epoch().count();
};

}  // namespace pxguard::webhook
