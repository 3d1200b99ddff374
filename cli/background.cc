#include "cli/background.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/audit_figures.h"
#include "cli/judge_cluster.h"
#include "cli/published_reports.h"
#include "cluster/event_queue.h"
#include "cluster/publisher.h"

namespace pxguard::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLongestPublicationPause{std::chrono::minutes(10)};
constexpr milliseconds kWhileShaken{5'000};

// Pods keep their names over restarts of a container; a Lease must not.
std::string unique_name(const std::string& instance) {
  std::random_device random;
  return fmt::format("{}-{:08x}{:08x}", instance, random(), random());
}

// Something is lost for a moment: what would be said now is not what is so.
bool is_shaken(const cluster::Snapshot& snapshot) {
  const auto is_bad = [](cluster::State state) {
    return state == cluster::State::NotYet || state == cluster::State::Failed;
  };
  const auto kinds = snapshot.kinds();
  const auto secrets = snapshot.secrets();
  return std::any_of(kinds.begin(), kinds.end(),
                     [&is_bad](const auto& kind) { return is_bad(kind.state); }) ||
         std::any_of(secrets.begin(), secrets.end(),
                     [&is_bad](const auto& secret) { return is_bad(secret.state); });
}

}  // namespace

class Background::Worker {
 public:
  Worker(Options options, const Published<policy::Policy>& policies, Log& log)
      : options_(std::move(options)),
        policies_(policies),
        log_(log),
        publisher_(
            {.lease = {.ns = options_.ns},
             .me = unique_name(options_.instance),
             .now =
                 [] {
                   return cluster::Lease::Now{Clock::now(), std::chrono::system_clock::now()};
                 }}),
        thread_([this] { run(); }) {}

  void wake() {
    const std::lock_guard lock(mutex_);
    last_change_ = Clock::now();
    if (!first_change_) first_change_ = last_change_;
    wake_.notify_all();
  }

  void answered(const webhook::Summary& summary) {
    if (summary.allowed || summary.dry_run) return;
    if (!events_.push({.about = cluster::Event::About::Denial,
                       .object = summary.id,
                       .uid = summary.object_uid,
                       .note = summary.denied_by},
                      Clock::now()))
      return;
    const std::lock_guard lock(mutex_);
    wake_.notify_all();
  }

  void write_metrics(std::string& text) const { figures_.write_to(text, events_.dropped()); }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      if (client_) client_->interrupt();
      wake_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    while (wait()) {
      try {
        work();
      } catch (const std::bad_alloc&) {
        log_.write(LogLevel::Error, "no memory for an audit");
        next_audit_ = next_publication_ = Clock::now() + std::chrono::minutes(1);
      }
    }
  }

  // The lock is held.
  [[nodiscard]] Clock::time_point due() const {
    Clock::time_point due = next_audit_;
    if (first_change_)
      due = std::min({due, last_change_ + options_.quiet, *first_change_ + options_.patience});
    if (to_publish_) due = std::min(due, next_publication_);
    return due;
  }

  // False: the end.
  bool wait() {
    std::unique_lock lock(mutex_);
    while (!stopping_ && events_.empty() && Clock::now() < due()) wake_.wait_until(lock, due());
    return !stopping_;
  }

  void work() {
    write_events();
    const auto now = Clock::now();
    if (is_audit_due(now)) audit(now);
    if (to_publish_ && now >= next_publication_) publish();
    const std::lock_guard lock(mutex_);
    client_.reset();
  }

  bool is_audit_due(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    const bool is_changed = first_change_ && (now >= last_change_ + options_.quiet ||
                                              now >= *first_change_ + options_.patience);
    if (!is_changed && now < next_audit_) return false;
    is_resync_ = now >= next_audit_;
    first_change_.reset();
    return true;
  }

  // One for all that is done at once, so that the connection is kept; null when stopping.
  cluster::Client* client() {
    const std::lock_guard lock(mutex_);
    if (stopping_) return nullptr;
    if (!client_) client_ = options_.connect();
    return client_.get();
  }

  // --- the audit --------------------------------------------------------------------------------

  void audit(Clock::time_point began) {
    if (!options_.is_ready()) {
      next_audit_ = began + std::chrono::seconds(1);
      return;
    }
    const auto snapshot = options_.snapshot();
    if (is_too_shaken(*snapshot, began)) {
      next_audit_ = began + kWhileShaken;
      revision_.reset();
      return;
    }
    next_audit_ = began + options_.resync;
    const auto policy = policies_.get();
    if (is_same_as_before(*snapshot, *policy) && !is_resync_) return;
    policy::Policy with_version = *policy;
    with_version.settings.kubernetes_version = kubernetes_version();
    const auto now = std::chrono::system_clock::now();
    const report::Report report = judge_cluster(
        {.snapshot = *snapshot, .view = *snapshot, .policy = with_version, .now = now});
    figures_.set(report, now, Clock::now() - began);
    const auto judged = judged_objects(*snapshot);
    say_drift(report, judged);
    to_publish_ = published_reports(report, judged);
    looks_ = looks_ || is_resync_;
    next_publication_ = std::max(next_publication_, began);
  }

  bool is_same_as_before(const cluster::Snapshot& snapshot, const policy::Policy& policy) {
    const auto revision = snapshot.revision();
    const bool is_same = revision == revision_ && policy.hash == policy_hash_;
    revision_ = revision;
    policy_hash_ = policy.hash;
    return is_same;
  }

  std::optional<model::Version> kubernetes_version() {
    if (version_) return version_;
    cluster::Client* reader = client();
    const auto text = reader != nullptr ? reader->server_version()
                                        : cluster::Answer<std::string>(cluster::Failure{});
    if (text) version_ = model::Version::parse(text->substr(0, text->find('+')));
    return version_;
  }

  // A replica that is cut off must not write its half over what the others know. What stays like
  // this for a whole resync is how the cluster is.
  bool is_too_shaken(const cluster::Snapshot& snapshot, Clock::time_point now) {
    if (!is_shaken(snapshot)) {
      shaken_since_.reset();
      return false;
    }
    if (!shaken_since_) shaken_since_ = now;
    return now - *shaken_since_ < options_.resync;
  }

  // What was there when this process began is in the reports, and no news.
  void say_drift(const report::Report& report, const std::vector<const model::Object*>& judged) {
    auto faults = faults_of(report);
    if (known_faults_) {
      for (cluster::Event& event : drift_events(report, *known_faults_, judged))
        events_.push(std::move(event), Clock::now());
    }
    known_faults_ = std::move(faults);
  }

  // --- writing ----------------------------------------------------------------------------------

  void publish() {
    cluster::Client* writer = client();
    if (writer == nullptr) return;
    const auto outcome = publisher_.publish(*writer, *to_publish_, looks_);
    looks_ = false;
    figures_.count_reports(outcome.written, outcome.removed);
    if (outcome.written + outcome.removed > 0) {
      log_.write(LogLevel::Info, "reports written",
                 {{"written", static_cast<std::int64_t>(outcome.written)},
                  {"removed", static_cast<std::int64_t>(outcome.removed)}});
    }
    if (outcome.failure) return publication_failed(*outcome.failure, *outcome.again_after);
    failures_ = 0;
    if (outcome.again_after) {
      next_publication_ = Clock::now() + *outcome.again_after;
      return;
    }
    to_publish_.reset();
  }

  void publication_failed(const cluster::Failure& failure, milliseconds again_after) {
    if (failure.kind == cluster::Failure::Kind::Stopped) return;
    figures_.count_failed_publication();
    log_.write(LogLevel::Warning, "reports cannot be written", {{"why", failure.message}});
    const int doublings = std::min(failures_++, 8);
    next_publication_ =
        Clock::now() + std::min(kLongestPublicationPause, again_after * (1 << doublings));
  }

  void write_events() {
    while (auto event = events_.pop()) {
      cluster::Client* writer = client();
      if (writer == nullptr) return;
      const auto written = writer->create(
          cluster::events(), cluster::namespace_of(*event),
          cluster::event_json(*event, options_.instance, std::chrono::system_clock::now()));
      // Another replica has said it.
      const bool is_said = written || written.error().kind == cluster::Failure::Kind::Conflict;
      figures_.count_event(is_said);
      if (!is_said)
        log_.write(LogLevel::Warning, "an Event cannot be written",
                   {{"why", written.error().message}});
    }
  }

  const Options options_;
  const Published<policy::Policy>& policies_;
  Log& log_;
  AuditFigures figures_;
  cluster::EventQueue events_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::optional<Clock::time_point> first_change_;  // none: nothing has changed since the last audit
  Clock::time_point last_change_{};
  std::unique_ptr<cluster::Client> client_;

  // Of the thread alone.
  cluster::Publisher publisher_;
  Clock::time_point next_audit_ = Clock::now();
  Clock::time_point next_publication_ = Clock::now();
  std::optional<std::vector<cluster::NamespaceReport>> to_publish_;
  bool is_resync_ = false;
  bool looks_ = false;
  int failures_ = 0;
  std::optional<std::uint64_t> revision_;
  std::string policy_hash_;
  std::optional<model::Version> version_;
  std::optional<Clock::time_point> shaken_since_;
  std::optional<std::set<std::string>> known_faults_;
  std::thread thread_;
};

Background::Background(Options options, const Published<policy::Policy>& policies, Log& log)
    : worker_(std::make_unique<Worker>(std::move(options), policies, log)) {}

Background::~Background() { stop(); }

void Background::wake() { worker_->wake(); }

void Background::answered(const webhook::Summary& summary) noexcept try {
  worker_->answered(summary);
} catch (const std::exception&) {
  // No memory for an Event: the requester has the answer itself.
}

void Background::write_metrics(std::string& text) const { worker_->write_metrics(text); }

void Background::stop() { worker_->stop(); }

}  // namespace pxguard::cli
