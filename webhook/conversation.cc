#include "webhook/conversation.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/json.h"
#include "base/limits.h"

namespace pxguard::webhook {
namespace {

using Outcome = certs::Channel::Outcome;
using Rank = Standing::Rank;

}  // namespace

Conversation::Shared::Shared(Options wanted, Handler answers)
    : options(std::move(wanted)),
      handler(std::move(answers)),
      budget(options.bytes_in_flight, limits::kBytesForSmallBodies) {}

Conversation::Conversation(Shared& shared, int socket)
    : shared_(shared), channel_(socket), share_(shared.budget) {}

void Conversation::start() {
  if (shared_.options.tls) {
    enter(Phase::New, began_ + shared_.options.deadlines.first_word);
  } else {
    enter(Phase::Idle, idle_until(began_));
  }
}

void Conversation::enter(Phase phase, Clock::time_point deadline) {
  static constexpr Rank kRanks[] = {Rank::Stranger,  Rank::Silent,    Rank::Stranger,
                                    Rank::Idle,      Rank::Receiving, Rank::Receiving,
                                    Rank::Answering, Rank::Answering, Rank::Receiving};
  phase_ = phase;
  due_ = deadline;
  since_ = Clock::now();
  standing_.set(kRanks[static_cast<std::size_t>(phase)], since_, deadline);
}

Conversation::Clock::time_point Conversation::idle_until(Clock::time_point now) const {
  const Deadlines& deadlines = shared_.options.deadlines;
  return now + (shared_.draining ? deadlines.drain_grace : deadlines.idle);
}

Conversation::Step Conversation::step(std::span<char> scratch) {
  switch (phase_) {
    case Phase::New:
    case Phase::Silent: return begin();
    case Phase::Handshake: return handshake();
    case Phase::Idle:
    case Phase::Head: return receive_head(scratch);
    case Phase::Body: return receive_body();
    case Phase::Answering: return give_answer();
    case Phase::Writing: return write();
    case Phase::Lingering: return linger(scratch);
  }
  std::terminate();
}

Conversation::Step Conversation::wait_for(Outcome outcome) const {
  switch (outcome) {
    case Outcome::WantRead: return Step::AwaitRead;
    case Outcome::WantWrite: return Step::AwaitWrite;
    case Outcome::Done:
    case Outcome::Closed:
    case Outcome::Failed: break;
  }
  return Step::Close;
}

Conversation::Step Conversation::begin() {
  if (!channel_.start_tls(*shared_.options.tls)) return Step::Close;
  enter(Phase::Handshake, began_ + shared_.options.deadlines.handshake);
  return Step::Again;
}

Conversation::Step Conversation::handshake() {
  const Outcome outcome = channel_.handshake();
  if (outcome == Outcome::Done) {
    enter(Phase::Idle, idle_until(Clock::now()));
    return Step::Again;
  }
  if (outcome != Outcome::Failed || channel_.handshake_failure().empty()) return wait_for(outcome);
  if (shared_.options.on_handshake_failure) {
    shared_.options.on_handshake_failure(channel_.handshake_failure());
  }
  // The alert says why; closing on what the client has already sent would reset it away.
  start_lingering(limits::kLingerBytes);
  return Step::Again;
}

// --- a request comes in ----------------------------------------------------------------------

std::string_view Conversation::unread() const { return std::string_view(input_).substr(taken_); }

Conversation::Step Conversation::receive_head(std::span<char> scratch) {
  if (phase_ == Phase::Idle && !unread().empty()) {
    request_began_ = Clock::now();
    enter(Phase::Head, request_began_ + shared_.options.deadlines.head);
  }
  const HeadEnd end = find_head_end(unread(), scanned_);
  if (end.state == HeadEnd::State::Malformed) return refuse(400);
  if ((end.state == HeadEnd::State::Found ? end.size : unread().size()) > limits::kRequestHead) {
    return refuse(431);
  }
  if (end.state == HeadEnd::State::Found) return take_head(end.size);

  const certs::Channel::Progress progress = channel_.read(scratch);
  if (progress.outcome != Outcome::Done) return wait_for(progress.outcome);
  input_.erase(0, taken_);
  taken_ = 0;
  input_.append(scratch.data(), progress.bytes);
  return Step::Again;
}

Conversation::Step Conversation::take_head(std::size_t size) {
  head_ = parse_head(unread().substr(0, size), shared_.options.routes, shared_.options.body_limit);
  taken_ += size;
  scanned_ = 0;
  if (head_.refusal != 0) return refuse(head_.refusal);
  enter(Phase::Body, request_began_ + shared_.options.deadlines.request);
  // Most bodies are here as a whole by now, and stay where they are.
  if (unread().size() >= head_.content_length) return Step::Again;
  body_.expect(head_.content_length);
  return Step::Again;
}

Conversation::Step Conversation::receive_body() {
  if (unread().size() >= head_.content_length && body_.is_empty()) return take_body();
  while (!body_.is_complete()) {
    if (!may_hold(body_.next_capacity())) return refuse(503);
    body_.grow();
    if (!unread().empty()) {
      taken_ += body_.take(unread());
      if (unread().empty()) forget_input();
      continue;
    }
    const certs::Channel::Progress progress = channel_.read(body_.room());
    if (progress.outcome != Outcome::Done) return wait_for(progress.outcome);
    body_.wrote(progress.bytes);
    if (!body_.is_complete()) return Step::Again;
  }
  return take_body();
}

bool Conversation::may_hold(std::size_t bytes) {
  // Bounded by the number of connections: who fills the budget with others must not stop these.
  if (head_.content_length <= limits::kFirstBodyBuffer) return true;
  return share_.raise_to(bytes, is_large() ? ByteBudget::Size::Large : ByteBudget::Size::Small);
}

std::string_view Conversation::body() const {
  return body_.is_empty() ? unread().substr(0, head_.content_length) : body_.bytes();
}

Conversation::Step Conversation::take_body() {
  answer_by_ = Clock::now() + head_.deadline;
  enter(Phase::Answering, Clock::time_point::max());
  if (is_large()) return Step::Review;
  review();
  return Step::Again;
}

// --- and is answered -------------------------------------------------------------------------

void Conversation::review() try { response_ = verdict(); } catch (...) {
  // No memory, not even for a refusal.
  response_.reset();
}

Conversation::Step Conversation::give_answer() {
  if (!response_) return Step::Close;
  answer(*std::exchange(response_, std::nullopt));
  return Step::Again;
}

Response Conversation::verdict() {
  // A large body may have waited for its turn longer than anybody waits for its answer.
  if (is_large() && Clock::now() > answer_by_) return refusal_of(503);
  if (!may_hold(cost_of_parsing())) return refusal_of(503);
  Response response = call_handler(body());
  if (Clock::now() > answer_by_) {
    response = refusal_of(500);
    response.body = "the deadline has passed\n";
  }
  return response;
}

std::size_t Conversation::cost_of_parsing() const {
  const std::size_t usual = limits::kParseFactor * head_.content_length;
  // Of a small one it does not matter. A large one of nothing but numbers takes more.
  return is_large() ? std::max(usual, json::Document::memory_to_parse(body())) : usual;
}

Response Conversation::call_handler(std::string_view body) try {
  return shared_.handler({.method = head_.route->method,
                          .path = head_.route->path,
                          .query = head_.query,
                          .body = body,
                          .client_certificate = channel_.has_client_certificate(),
                          .deadline = answer_by_});
} catch (...) {
  // What went wrong may quote the request, and with it a secret.
  Response response = refusal_of(500);
  response.body = "internal error\n";
  return response;
}

Conversation::Step Conversation::refuse(int status) {
  // The rest of a refused request is not understood, so nothing after it can be.
  close_after_ = true;
  const bool was_promised = status == 503;
  to_discard_ = was_promised ? body_.missing() + limits::kLingerBytes : limits::kLingerBytes;
  answer(refusal_of(status));
  return Step::Again;
}

void Conversation::answer(const Response& response) {
  if (phase_ == Phase::Answering && body_.is_empty()) taken_ += head_.content_length;
  close_after_ = close_after_ || !head_.keep_alive || shared_.closing;
  const bool is_post = head_.route != nullptr && head_.route->method == "POST";
  output_ = written(response, close_after_ ? Keep::Close : Keep::Open, is_post ? "POST" : "GET");
  sent_ = 0;
  drop_request();
  if (shared_.options.on_response) shared_.options.on_response(response.status);
  enter(Phase::Writing, Clock::now() + shared_.options.deadlines.write);
}

void Conversation::drop_request() {
  body_.clear();
  share_.release();
  head_ = {};
  // An idle connection keeps no buffer.
  if (unread().empty()) forget_input();
}

void Conversation::forget_input() {
  std::string().swap(input_);  // assigning an empty one would keep the memory
  taken_ = 0;
}

Conversation::Step Conversation::write() {
  while (sent_ < output_.size()) {
    const certs::Channel::Progress progress =
        channel_.write(std::string_view(output_).substr(sent_));
    if (progress.outcome != Outcome::Done) return wait_for(progress.outcome);
    sent_ += progress.bytes;
  }
  std::string().swap(output_);
  return after_answer();
}

Conversation::Step Conversation::after_answer() {
  if (close_after_) {
    start_lingering(std::max(to_discard_, limits::kLingerBytes));
    return Step::Again;
  }
  enter(Phase::Idle, idle_until(Clock::now()));
  // Nobody would tell us about bytes that TLS has taken from the socket already.
  return unread().empty() && !channel_.has_pending() ? Step::AwaitRead : Step::Again;
}

// --- and comes to an end ---------------------------------------------------------------------

void Conversation::start_lingering(std::size_t bytes) {
  channel_.finish();
  to_discard_ = bytes;
  enter(Phase::Lingering, Clock::now() + shared_.options.deadlines.linger);
}

Conversation::Step Conversation::linger(std::span<char> scratch) {
  while (to_discard_ > 0) {
    const certs::Channel::Progress progress = channel_.discard(scratch);
    if (progress.outcome != Outcome::Done) return wait_for(progress.outcome);
    to_discard_ -= std::min(to_discard_, progress.bytes);
  }
  return Step::Close;
}

Conversation::Fate Conversation::expire() {
  const Clock::time_point now = Clock::now();
  if (due_ <= now && phase_ != Phase::New) return Fate::Ends;
  if (due_ <= now) {
    enter(Phase::Silent, std::min(began_ + shared_.options.deadlines.handshake, idle_until(now)));
  }
  standing_.set_deadline(due_);
  return Fate::Stays;
}

Conversation::Fate Conversation::evict(Rank claimed_as) {
  // A request that came in between is still answered, as the last.
  const bool has_moved_on =
      claimed_as < Rank::Receiving && (phase_ == Phase::Head || phase_ == Phase::Body);
  if (phase_ != Phase::Answering && phase_ != Phase::Writing && !has_moved_on) return Fate::Ends;
  close_after_ = true;
  return Fate::Stays;
}

Conversation::Fate Conversation::drain() {
  if (phase_ != Phase::Idle && phase_ != Phase::Silent) return Fate::Stays;
  due_ = std::min(due_, since_ + shared_.options.deadlines.drain_grace);
  return expire();
}

void Conversation::finish() { channel_.finish(); }

}  // namespace pxguard::webhook
