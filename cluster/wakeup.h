// A thread that sleeps until there is something to do, and ends when it is told.
//
// Threads: wake() and stop() from any; the rest belongs to the thread that sleeps.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "cluster/client.h"

namespace pxguard::cluster {

class Wakeup {
 public:
  void wake() {
    const std::lock_guard lock(mutex_);
    is_due_ = true;
    changed_.notify_all();
  }
  // Ends what is under way as well.
  void stop() {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    if (client_ != nullptr) client_->interrupt();
    changed_.notify_all();
  }

  // Until wake(); false after stop().
  bool wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_due_ || is_stopping_; });
    is_due_ = false;
    return !is_stopping_;
  }
  // The same, but not longer than this.
  bool wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return is_due_ || is_stopping_; });
    is_due_ = false;
    return !is_stopping_;
  }
  // All of it, whatever comes; false after stop().
  bool rest(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return is_stopping_; });
    return !is_stopping_;
  }
  [[nodiscard]] bool is_running() {
    const std::lock_guard lock(mutex_);
    return !is_stopping_;
  }

  // What stop() interrupts; null: nothing. The client outlives its use.
  void use(Client* client) {
    const std::lock_guard lock(mutex_);
    client_ = client;
    if (is_stopping_ && client_ != nullptr) client_->interrupt();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_due_ = false;
  bool is_stopping_ = false;
  Client* client_ = nullptr;
};

}  // namespace pxguard::cluster
