#include "cluster/event_queue.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace pxguard::cluster {
namespace {

// As long as the API server keeps an Event, unless it is told otherwise.
constexpr std::chrono::hours kSaidFor{1};

}  // namespace

bool EventQueue::push(Event event, Clock::time_point now) {
  const std::uint64_t id = event.id();
  const std::lock_guard lock(mutex_);
  if (!is_new(id, now)) return false;
  if (waiting_.size() >= limits::kEventsInWaiting || !may_speak(now)) {
    ++dropped_;
    return false;
  }
  if (said_.insert_or_assign(id, now).second) in_order_.push_back(id);
  while (in_order_.size() > limits::kEventsRemembered) {
    said_.erase(in_order_.front());
    in_order_.pop_front();
  }
  waiting_.push_back(std::move(event));
  return true;
}

bool EventQueue::is_new(std::uint64_t id, Clock::time_point now) {
  const auto found = said_.find(id);
  return found == said_.end() || now - found->second >= kSaidFor;
}

bool EventQueue::may_speak(Clock::time_point now) {
  constexpr double kFull = static_cast<double>(limits::kEventBurst);
  const std::chrono::duration<double> passed = now - filled_;
  const double gained = passed / std::chrono::duration<double>(limits::kEventInterval);
  tokens_ = tokens_ < 0 ? kFull : std::min(kFull, tokens_ + gained);
  filled_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

std::optional<Event> EventQueue::pop() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) return std::nullopt;
  Event event = std::move(waiting_.front());
  waiting_.pop_front();
  return event;
}

bool EventQueue::empty() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

std::uint64_t EventQueue::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace pxguard::cluster
