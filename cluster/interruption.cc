#include "cluster/interruption.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace pxguard::cluster {

Interruption::Interruption() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Interruption::~Interruption() {
  if (event_ >= 0) ::close(event_);
}

void Interruption::raise() {
  is_raised_ = true;
  // Never read: it stays readable.
  ::eventfd_write(event_, 1);
}

Interruption::Waited Interruption::wait_for(int socket, short events,
                                            std::chrono::steady_clock::time_point until) const {
  using namespace std::chrono_literals;
  // Without its descriptor nobody could end the wait.
  if (event_ < 0) return Waited::Interrupted;
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    std::array<pollfd, 2> waiting = {{{socket, events, 0}, {event_, POLLIN, 0}}};
    const int patience = static_cast<int>(std::clamp<long>(left.count(), 0, 3'600'000));
    const int count = ::poll(waiting.data(), waiting.size(), patience);
    if (count < 0 && errno != EINTR) return Waited::Interrupted;
    if (count > 0 && waiting[1].revents != 0) return Waited::Interrupted;
    if (count > 0) return Waited::Ready;
    if (left <= 0ms) return Waited::TooLong;
  }
}

}  // namespace pxguard::cluster
