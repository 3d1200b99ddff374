// Keeps a sink up to date with one resource: lists, watches, and begins again as often as it takes.
//
// A watch that the server ends goes on from its last version. After 410 it lists again. After any
// other failure it waits, longer each time, with jitter, and as long as the server asks (but not
// above limits::kLongestRetryAfter).
//
// Threads: run() belongs to one thread; stop() may be called from any.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "cluster/client.h"

namespace pxguard::cluster {

// What a reflector tells. All calls come from the thread of run().
class Sink {
 public:
  virtual ~Sink() = default;
  // What follows is all that there is. A list that fails does not end: another one begins.
  virtual void begin_list() = 0;
  virtual void put(json::Value object) = 0;  // valid during the call
  virtual void remove(json::Value object) = 0;
  virtual void end_list() = 0;                      // what did not come since begin_list() is gone
  virtual void heard() = 0;                         // what is held is as the server has it now
  virtual void failed(const Failure& failure) = 0;  // what is held may be old
};

class Reflector {
 public:
  struct Options {
    Resource resource{};
    Selection selection{};
    // Between attempts; tests make them short.
    std::chrono::milliseconds first_wait{500};
    std::chrono::milliseconds longest_wait{30'000};
    // Whoever heard nothing for so long lists again instead of going on: a watch says that it is up
    // to date a minute after it began, a list at once.
    std::chrono::milliseconds list_after{60'000};
  };
  // A fresh client for each attempt after a failure: new connection, new credentials.
  using Connect = std::function<std::unique_ptr<Client>()>;

  // `sink` outlives this.
  Reflector(Options options, Connect connect, Sink& sink);
  ~Reflector();

  // Returns after stop().
  void run();
  void stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace pxguard::cluster
