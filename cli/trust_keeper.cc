#include "cli/trust_keeper.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <random>
#include <thread>
#include <utility>

#include "cluster/event.h"
#include "webhook/metrics_text.h"

namespace pxguard::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Writers that were in each other's way do not meet again.
constexpr milliseconds kAfterWrite{50};
constexpr milliseconds kWaiting{1'000};
constexpr milliseconds kAfterFailure{1'000};
constexpr milliseconds kLongestPause{30'000};
// Of what is left of the time that Kubernetes gives.
constexpr auto kToLeave = std::chrono::seconds(4);

milliseconds jittered(milliseconds pause) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return pause + milliseconds(std::uniform_int_distribution<long>(0, pause.count() / 4)(random));
}

}  // namespace

class TrustKeeper::Worker {
 public:
  Worker(Options options, Published<certs::KeyPair>& pairs, Log& log)
      : options_(std::move(options)),
        log_(log),
        trust_(with_clocks(options_.trust), pairs),
        thread_([this] { run(); }) {}

  void wake() {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    changed_.notify_all();
  }

  void write_metrics(std::string& text) const {
    const std::lock_guard lock(mutex_);
    write_metrics(text, state_);
  }

  void rest() {
    const std::lock_guard lock(mutex_);
    is_resting_ = true;
    if (client_) client_->interrupt();
    changed_.notify_all();
  }

  void stop(bool in_order) {
    {
      std::unique_lock lock(mutex_);
      is_stopping_ = true;
      is_over_ = is_over_ || !in_order;
      if (client_) client_->interrupt();
      changed_.notify_all();
      changed_.wait_for(lock, kToLeave, [this] { return is_done_; });
      if (client_) client_->interrupt();
      is_over_ = true;
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  static cluster::Trust::Options with_clocks(cluster::Trust::Options options) {
    options.wall = [] { return std::chrono::system_clock::now(); };
    options.steady = [] { return Clock::now(); };
    return options;
  }

  static void gauge(std::string& text, std::string_view name, std::string_view help,
                    std::optional<double> value) {
    if (!value) return;
    webhook::describe(text, name, "gauge", help);
    webhook::sample(text, "{} {}", name, *value);
  }

  static void write_metrics(std::string& text, const cluster::TrustState& state) {
    gauge(text, "pxguard_trust_failing",
          "1 while the Secret or the webhook configurations cannot be read or written.",
          state.is_known ? 0 : 1);
    if (state.authority_ends) {
      const std::chrono::duration<double> left =
          *state.authority_ends - std::chrono::system_clock::now();
      gauge(text, "pxguard_certificate_authority_expiry_seconds",
            "Until the CA of the Secret expires.", left.count());
    }
    const auto number = [](std::optional<bool> fact) {
      return fact ? std::optional<double>(*fact ? 1 : 0) : std::nullopt;
    };
    gauge(text, "pxguard_certificate_trusted",
          "1 while every caBundle trusts the certificate that is served.",
          number(state.is_trusted));
    gauge(text, "pxguard_webhook_enforcing",
          "1 while the webhook configuration is as it should be and refuses.",
          number(state.is_enforcing));
    webhook::describe(text, "pxguard_webhook_configuration_restored_total", "counter",
                      "Times that somebody had edited or deleted it.");
    webhook::sample(text, "pxguard_webhook_configuration_restored_total {}", state.restored);
  }

  void run() {
    while (wait()) {
      milliseconds pause = options_.interval;
      try {
        pause = work();
      } catch (const std::bad_alloc&) {
        log_.write(LogLevel::Error, "no memory to look after certificates");
      }
      const std::lock_guard lock(mutex_);
      client_.reset();
      next_ = Clock::now() + jittered(pause);
    }
    leave();
    const std::lock_guard lock(mutex_);
    client_.reset();
    is_done_ = true;
    changed_.notify_all();
  }

  bool wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, next_, [this] { return is_stopping_ || is_resting_ || is_woken_; });
    if (is_resting_) changed_.wait(lock, [this] { return is_stopping_; });
    is_woken_ = false;
    return !is_stopping_;
  }

  // Null where there is no time for it any more.
  cluster::Client* client(bool leaving = false) {
    const std::lock_guard lock(mutex_);
    if (is_over_ || ((is_stopping_ || is_resting_) && !leaving)) return nullptr;
    if (!client_) client_ = options_.connect();
    return client_.get();
  }

  milliseconds work() {
    cluster::Client* const api = client();
    if (api == nullptr) return kWaiting;
    const cluster::TrustRound round = trust_.round(*api);
    publish_state(!round.failure);
    say(round, *api);
    if (round.failure) {
      failures_ = std::min(failures_ + 1, 6);
      return std::min(kLongestPause, kAfterFailure * (1 << failures_) / 2);
    }
    failures_ = 0;
    if (round.changed) return kAfterWrite;
    return round.is_waiting ? std::min(kWaiting, options_.interval) : options_.interval;
  }

  void publish_state(bool is_well) {
    const std::lock_guard lock(mutex_);
    state_ = trust_.state();
    state_.is_known = state_.is_known && is_well;
  }

  void leave() {
    {
      const std::lock_guard lock(mutex_);
      client_.reset();
    }
    cluster::Client* const api = client(true);
    if (api == nullptr) return;
    say(trust_.leave(*api), *api);
  }

  void say(const cluster::TrustRound& round, cluster::Client& api) {
    for (const cluster::TrustNote& note : round.notes) {
      log_.write(note.is_warning ? LogLevel::Warning : LogLevel::Info, note.what,
                 {{"why", note.why}, {"configuration", note.configuration}});
      if (!note.configuration.empty()) write_event(note, api);
    }
    if (!round.failure || round.failure->kind == cluster::Failure::Kind::Stopped) {
      said_.clear();
      return;
    }
    if (round.failure->message == said_) return;
    said_ = round.failure->message;
    log_.write(LogLevel::Warning, "certificates and webhook configurations cannot be looked after",
               {{"why", said_}});
  }

  void write_event(const cluster::TrustNote& note, cluster::Client& api) {
    const std::string text = note.why.empty() ? note.what : note.what + ": " + note.why;
    const cluster::Event event{.about = cluster::Event::About::Configuration,
                               .object = {.api_version = "admissionregistration.k8s.io/v1",
                                          .kind = note.kind,
                                          .ns = {},
                                          .name = note.configuration},
                               .note = text};
    const auto written = api.create(
        cluster::events(), cluster::namespace_of(event),
        cluster::event_json(event, options_.trust.pod, std::chrono::system_clock::now()));
    const bool is_said = written || written.error().kind == cluster::Failure::Kind::Conflict;
    if (!is_said)
      log_.write(LogLevel::Warning, "an Event cannot be written",
                 {{"why", written.error().message}});
  }

  const Options options_;
  Log& log_;
  cluster::Trust trust_;  // of the thread alone
  std::string said_;
  int failures_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  cluster::TrustState state_;
  std::unique_ptr<cluster::Client> client_;
  Clock::time_point next_ = Clock::now();
  bool is_woken_ = false;
  bool is_resting_ = false;
  bool is_stopping_ = false;
  bool is_over_ = false;
  bool is_done_ = false;
  std::thread thread_;
};

TrustKeeper::TrustKeeper(Options options, Published<certs::KeyPair>& pairs, Log& log)
    : worker_(std::make_unique<Worker>(std::move(options), pairs, log)) {}

TrustKeeper::~TrustKeeper() { worker_->stop(false); }

void TrustKeeper::wake() { worker_->wake(); }

void TrustKeeper::write_metrics(std::string& text) const { worker_->write_metrics(text); }

void TrustKeeper::rest() { worker_->rest(); }

void TrustKeeper::stop() { worker_->stop(true); }

}  // namespace pxguard::cli
