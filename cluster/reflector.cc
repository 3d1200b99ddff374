#include "cluster/reflector.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "base/limits.h"

namespace pxguard::cluster {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

// A watch that ends sooner, and brought nothing, was refused without saying so.
constexpr Milliseconds kShortestWatch{1000};

// Longer each time; half of it is left to chance, so that many that lost the same server do not
// come back together.
class Backoff {
 public:
  explicit Backoff(const Reflector::Options& options)
      : first_(options.first_wait), longest_(options.longest_wait), next_(first_) {}

  void reset() { next_ = first_; }
  Milliseconds next() {
    const Milliseconds whole = std::exchange(next_, std::min(next_ * 2, longest_));
    return Milliseconds(std::uniform_int_distribution<Milliseconds::rep>(whole.count() / 2,
                                                                         whole.count())(random_));
  }

 private:
  const Milliseconds first_;
  const Milliseconds longest_;
  Milliseconds next_;
  std::minstd_rand random_{std::random_device{}()};
};

// After what is broken the next watch would bring the same bytes again. Rights that are given back
// are noticed by a list at once; a watch would say so with its first bookmark, a minute later.
bool needs_list(Failure::Kind kind) {
  return kind == Failure::Kind::Broken || kind == Failure::Kind::Forbidden ||
         kind == Failure::Kind::Unauthorized;
}

Milliseconds wait_after(const Failure& failure, Milliseconds backoff) {
  const Milliseconds asked = failure.retry_after.value_or(Milliseconds(0));
  return std::max(backoff, std::min<Milliseconds>(asked, limits::kLongestRetryAfter));
}

}  // namespace

class Reflector::State {
 public:
  State(Options options, Connect connect, Sink& sink)
      : options_(std::move(options)),
        connect_(std::move(connect)),
        sink_(sink),
        backoff_(options_) {}

  void run();
  void stop();

 private:
  Failure follow(Client& client);
  std::optional<Failure> list(Client& client);
  std::optional<Failure> watch(Client& client);
  void take(const WatchEvent& event);
  void heard();

  [[nodiscard]] bool is_stopping();
  void use(Client* client);
  void wait(Milliseconds time);

  const Options options_;
  const Connect connect_;
  Sink& sink_;
  Backoff backoff_;
  Clock::time_point heard_at_{};
  std::string version_;         // to watch from; "" where a list is due
  bool has_progressed_ = true;  // since the last list that a 410 made necessary

  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  Client* client_ = nullptr;  // of the attempt that is under way
};

void Reflector::State::run() {
  while (!is_stopping()) {
    const std::unique_ptr<Client> client = connect_();
    use(client.get());
    const Failure failure = follow(*client);
    use(nullptr);
    if (is_stopping()) return;
    const bool is_late = Clock::now() - heard_at_ >= options_.list_after;
    if (is_late || needs_list(failure.kind)) version_.clear();
    sink_.failed(failure);
    wait(wait_after(failure, backoff_.next()));
  }
}

// Until something fails.
Failure Reflector::State::follow(Client& client) {
  while (true) {
    std::optional<Failure> failure;
    if (version_.empty()) failure = list(client);
    if (!failure) failure = watch(client);
    if (!failure) continue;
    const bool is_gone = failure->kind == Failure::Kind::Gone;
    if (is_gone) version_.clear();
    // Two in a row: the server forgets faster than we list, and listing at once makes that worse.
    if (!is_gone || !std::exchange(has_progressed_, false)) return *failure;
  }
}

std::optional<Failure> Reflector::State::list(Client& client) {
  auto version = client.list(options_.resource, options_.selection,
                             {.on_begin = [this] { sink_.begin_list(); },
                              .on_item = [this](json::Value item) { sink_.put(item); }});
  if (!version) return version.error();
  sink_.end_list();
  heard();
  version_ = std::move(*version);
  return std::nullopt;
}

std::optional<Failure> Reflector::State::watch(Client& client) {
  const Clock::time_point begin = Clock::now();
  bool has_events = false;
  auto version = client.watch(options_.resource, options_.selection, version_,
                              [this, &has_events](const WatchEvent& event) {
                                has_events = true;
                                take(event);
                              });
  if (!version) return version.error();
  version_ = std::move(*version);
  if (!has_events && Clock::now() - begin < kShortestWatch)
    return Failure{Failure::Kind::Unreachable, "the API server ends a watch as soon as it begins"};
  return std::nullopt;
}

void Reflector::State::take(const WatchEvent& event) {
  switch (event.type) {
    case WatchEvent::Type::Added:
    case WatchEvent::Type::Modified: sink_.put(event.object); break;
    case WatchEvent::Type::Deleted: sink_.remove(event.object); break;
    case WatchEvent::Type::Bookmark: break;
  }
  // Should the watch be cut after this, it goes on behind what the sink has.
  version_ = event.object.at("metadata.resourceVersion").text();
  has_progressed_ = true;
  backoff_.reset();
  heard();
}

void Reflector::State::heard() {
  heard_at_ = Clock::now();
  sink_.heard();
}

bool Reflector::State::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Reflector::State::use(Client* client) {
  const std::lock_guard lock(mutex_);
  client_ = client;
  if (stopping_ && client_ != nullptr) client_->interrupt();
}

void Reflector::State::wait(Milliseconds time) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, time, [this] { return stopping_; });
}

void Reflector::State::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  if (client_ != nullptr) client_->interrupt();
  stopped_.notify_all();
}

Reflector::Reflector(Options options, Connect connect, Sink& sink)
    : state_(std::make_unique<State>(std::move(options), std::move(connect), sink)) {}
Reflector::~Reflector() = default;

void Reflector::run() { state_->run(); }
void Reflector::stop() { state_->stop(); }

}  // namespace pxguard::cluster
