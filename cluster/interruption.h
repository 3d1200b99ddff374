// Ends waits on sockets from another thread, now and ever after. Nobody has to touch a descriptor
// that its owner may be closing.
//
// Threads: safe.
#pragma once

#include <atomic>
#include <chrono>

namespace pxguard::cluster {

class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  void raise();
  [[nodiscard]] bool is_raised() const { return is_raised_; }

  enum class Waited { Ready, TooLong, Interrupted };
  // For POLLIN or POLLOUT, or for the socket's end.
  [[nodiscard]] Waited wait_for(int socket, short events,
                                std::chrono::steady_clock::time_point until) const;

 private:
  int event_;
  std::atomic<bool> is_raised_{false};
};

}  // namespace pxguard::cluster
