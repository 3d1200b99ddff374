#include "cli/line_writer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/limits.h"

namespace pxguard::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A pipe that poll() calls writable takes this much without waiting.
constexpr std::size_t kAtOnce = 4096;
// How often a stalled reader is looked at, and whether it is time to stop.
constexpr std::chrono::milliseconds kPatience{100};

}  // namespace

LineWriter::LineWriter(int descriptor) : descriptor_(descriptor), thread_([this] { run(); }) {}

LineWriter::~LineWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LineWriter::add(std::string_view line) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() + 1 > limits::kLogInWaiting) {
      ++dropped_;
      return;
    }
    is_first = waiting_.empty();
    waiting_.append(line).push_back('\n');
  }
  // The writer is awake as long as there is something to write.
  if (is_first) changed_.notify_one();
}

std::size_t LineWriter::take_dropped() { return dropped_ == 0 ? 0 : dropped_.exchange(0); }

void LineWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    // To be woken for each line would cost more than to write it: let some come together.
    changed_.wait_for(lock, limits::kLogDelay, [this] { return stopping_; });
    const bool is_last = stopping_;
    const std::string lines = std::exchange(waiting_, {});
    lock.unlock();
    write(lines);
    lock.lock();
    if (is_last) return;
  }
}

void LineWriter::write(std::string_view text) {
  auto give_up = Clock::time_point::max();
  while (!text.empty() && Clock::now() < give_up) {
    pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(kPatience.count())) <= 0) {
      const std::lock_guard lock(mutex_);
      if (stopping_) give_up = std::min(give_up, Clock::now() + limits::kLastMoments);
      continue;
    }
    const ssize_t written = ::write(descriptor_, text.data(), std::min(text.size(), kAtOnce));
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return;  // nobody reads it any more
    }
  }
}

}  // namespace pxguard::cli
