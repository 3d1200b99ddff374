// A Conversation is what the server and one client have to say to each other, as steps that never
// wait: handshake, head, body, answer, and again. Who runs them, and when, is the server's affair.
//
// Lifetime: the Shared state and the socket outlive it.
// Threads: one at a time, except for standing(); review() may run on another thread while nothing
// else but evict(), expire() and drain() is called.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "certs/channel.h"
#include "webhook/body_buffer.h"
#include "webhook/byte_budget.h"
#include "webhook/http.h"
#include "webhook/server.h"
#include "webhook/standing.h"

namespace pxguard::webhook {

class Conversation {
 public:
  using Clock = std::chrono::steady_clock;

  // What all conversations of a server have in common.
  struct Shared {
    Shared(Options wanted, Handler answers);

    Options options;
    Handler handler;
    ByteBudget budget;
    std::atomic<bool> closing = false;   // each answer is the last of its connection
    std::atomic<bool> draining = false;  // and who is idle goes
  };

  enum class Step {
    Again,
    AwaitRead,
    AwaitWrite,
    Review,  // a large body is complete: review() in its turn, then go on
    Close,
  };
  enum class Fate { Stays, Ends };

  Conversation(Shared& shared, int socket);

  void start();
  // `scratch` is only used during the call.
  Step step(std::span<char> scratch);
  void review();

  // Asked by the server; Ends: close the connection now.
  Fate expire();
  Fate evict(Standing::Rank claimed_as);
  Fate drain();

  // Closes politely; the socket itself is the server's.
  void finish();
  [[nodiscard]] Standing& standing() { return standing_; }

 private:
  enum class Phase { New, Silent, Handshake, Idle, Head, Body, Answering, Writing, Lingering };

  void enter(Phase phase, Clock::time_point deadline);
  Clock::time_point idle_until(Clock::time_point now) const;
  Step begin();
  Step handshake();
  Step receive_head(std::span<char> scratch);
  Step take_head(std::size_t size);
  Step receive_body();
  Step take_body();
  bool may_hold(std::size_t bytes);
  Response verdict();
  [[nodiscard]] std::size_t cost_of_parsing() const;
  Response call_handler(std::string_view body);
  Step give_answer();
  Step refuse(int status);
  void answer(const Response& response);
  Step write();
  Step after_answer();
  Step linger(std::span<char> scratch);
  void start_lingering(std::size_t bytes);
  Step wait_for(certs::Channel::Outcome outcome) const;

  [[nodiscard]] std::string_view unread() const;
  [[nodiscard]] std::string_view body() const;
  [[nodiscard]] bool is_large() const { return head_.content_length > limits::kLargeBody; }
  void drop_request();
  void forget_input();

  Shared& shared_;
  certs::Channel channel_;
  Standing standing_;
  Phase phase_ = Phase::New;
  Clock::time_point began_ = Clock::now();
  Clock::time_point due_{};
  Clock::time_point since_{};

  std::string input_;  // what was read and not yet used, from taken_ on
  std::size_t taken_ = 0;
  std::size_t scanned_ = 0;  // of unread(): known not to end the head
  Clock::time_point request_began_{};
  Head head_;
  BodyBuffer body_;  // only where the body is not in input_ as a whole
  ByteBudget::Share share_;
  Clock::time_point answer_by_{};
  std::optional<Response> response_;  // from review() to the next step

  std::string output_;
  std::size_t sent_ = 0;
  bool close_after_ = false;
  std::size_t to_discard_ = 0;
};

}  // namespace pxguard::webhook
