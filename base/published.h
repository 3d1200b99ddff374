// The current version of something that changes while others use it: a policy, a key pair, a view
// of the cluster. A reader keeps the version that it took for as long as it needs it.
//
// Threads: any number may read and publish. The lock is held for one pointer copy.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace pxguard {

template <class T>
class Published {
 public:
  Published() = default;
  explicit Published(std::shared_ptr<const T> first) : current_(std::move(first)) {}

  // Null until something was published.
  [[nodiscard]] std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }

  void publish(std::shared_ptr<const T> next) {
    {
      const std::lock_guard lock(mutex_);
      current_.swap(next);
    }
    // The old version, if nobody else holds it, dies here and not under the lock.
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_;
};

}  // namespace pxguard
