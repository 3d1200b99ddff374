#include "webhook/server_process.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <thread>

namespace pxguard::webhook {
namespace {

// For the connections of one server. The rest is for the other server, the loops, files, and
// connections that are on their way out.
constexpr rlim_t kShareOfDescriptors = 4;
// A burst of creates does not count as a crowd.
constexpr std::size_t kCrowd = 256;
// The last of a crowd may still be on their way out when the first have gone: looks, at ten a
// second, until nobody of it is there; after each second of them what was left behind is given
// back.
constexpr int kUntilAllHaveLeft = 50;
constexpr int kLooksBetween = 10;
// What a block has to have for pages of its own, which go when it does. Smaller, and a review of
// 300 KB took three times as long (measured).
constexpr int kMappedAlone = 1 << 20;

}  // namespace

void prepare_process() {
  // A client that leaves while it is written to is no reason to die.
  std::signal(SIGPIPE, SIG_IGN);
#ifdef __GLIBC__
  // Else glibc learns from the first large body that such blocks are better kept: after twenty
  // bodies of 32 MiB it kept 120 MB.
  ::mallopt(M_MMAP_THRESHOLD, kMappedAlone);
#endif
}

std::size_t affordable_connections(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  return std::min<std::size_t>(wanted, limit.rlim_cur / kShareOfDescriptors);
}

unsigned usual_workers() { return std::clamp(std::thread::hardware_concurrency(), 2U, 8U); }

bool is_short_of_descriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

void AfterTheCrowd::look(std::size_t open) {
  most_ = std::max(most_, open);
  const bool has_left = most_ - open >= kCrowd;
  if (has_left) {
    most_ = open;
    looks_left_ = kUntilAllHaveLeft;
  } else if (looks_left_ == 0 || --looks_left_ % kLooksBetween != 0) {
    return;
  }
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace pxguard::webhook
