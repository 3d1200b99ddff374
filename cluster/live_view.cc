#include "cluster/live_view.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "base/limits.h"
#include "base/published.h"
#include "cluster/lister.h"
#include "cluster/secret_reader.h"
#include "cluster/secret_watch.h"
#include "cluster/wakeup.h"

namespace pxguard::cluster {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr Milliseconds kForWatches{5000};

// So that replicas that started together do not list together.
Milliseconds jittered(Milliseconds time) {
  static std::atomic<unsigned> seed{std::random_device{}()};
  std::minstd_rand random(seed++);
  const Milliseconds::rep tenth = time.count() / 10;
  return time - Milliseconds(std::uniform_int_distribution<Milliseconds::rep>(0, tenth)(random));
}

// A reflector with its thread.
class Following {
 public:
  Following(Reflector::Options options, Reflector::Connect connect, std::unique_ptr<Sink> sink)
      : sink_(std::move(sink)),
        reflector_(std::move(options), std::move(connect), *sink_),
        thread_([this] { reflector_.run(); }) {}
  ~Following() {
    stop();
    thread_.join();
  }
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;

  void stop() { reflector_.stop(); }

 private:
  std::unique_ptr<Sink> sink_;
  Reflector reflector_;
  std::thread thread_;
};

// A client that stop() can end from another thread.
class Interruptible {
 public:
  Interruptible(Wakeup& wakeup, std::unique_ptr<Client> client)
      : wakeup_(wakeup), client_(std::move(client)) {
    wakeup_.use(client_.get());
  }
  ~Interruptible() { wakeup_.use(nullptr); }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  Client& operator*() { return *client_; }

 private:
  Wakeup& wakeup_;
  std::unique_ptr<Client> client_;
};

}  // namespace

class LiveView::Threads {
 public:
  explicit Threads(Options options)
      : options_(std::move(options)),
        interest_(options_.interest),
        store_({.on_dirty = [this] { builder_.wake(); },
                .on_event = options_.on_event,
                .listed_for = std::chrono::duration_cast<std::chrono::seconds>(
                    options_.resync + Milliseconds(std::chrono::minutes(2)))}),
        snapshot_(std::make_shared<const Snapshot>()),
        reader_(store_) {
    store_.set_interest(interest_of(interest_));
    threads_.emplace_back([this] { build(); });
    threads_.emplace_back([this] { discover(); });
    threads_.emplace_back([this] { read_secrets(); });
  }

  void stop() {
    for (Wakeup* wakeup : {&builder_, &lister_, &secrets_}) wakeup->stop();
    const std::lock_guard lock(stopping_);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    // All are told before the first is waited for.
    for (auto& [name, following] : kinds_) following->stop();
    for (auto& [name, following] : secret_watches_) following->stop();
    kinds_.clear();
    secret_watches_.clear();
  }

  [[nodiscard]] std::shared_ptr<const Snapshot> get() const { return snapshot_.get(); }
  [[nodiscard]] std::string why_not_ready() const {
    // What reviews are given counts: the next snapshot may be a moment away. So may the Secrets
    // of a Portworx that was just seen.
    std::string missing =
        what_is_missing(get()->contents(), wanted_secrets(store_, interest()).names);
    return missing.empty() && !has_listed_ ? "the cluster was not read yet" : missing;
  }

  void set_interest(ReadOptions interest) {
    {
      const std::lock_guard lock(mutex_);
      if (interest.secrets == interest_.secrets &&
          interest.portworx_namespace == interest_.portworx_namespace)
        return;
      interest_ = std::move(interest);
      is_interest_new_ = true;
    }
    lister_.wake();
  }
  void refresh() { lister_.wake(); }

 private:
  [[nodiscard]] ReadOptions interest() const {
    const std::lock_guard lock(mutex_);
    return interest_;
  }

  // --- Snapshots ---------------------------------------------------------------------------------

  void build() {
    std::uint64_t revision = 0;
    while (builder_.wait()) {
      Contents contents = store_.contents();
      if (contents.revision != revision) {
        revision = contents.revision;
        snapshot_.publish(std::make_shared<const Snapshot>(std::move(contents)));
        if (options_.on_change) options_.on_change();
        look_where_portworx_is();
      }
      // What comes meanwhile is in the next one.
      if (!builder_.rest(options_.between_snapshots)) return;
    }
  }

  // There lie its Secrets, ConfigMaps and Pods.
  void look_where_portworx_is() {
    const std::set<std::string> places = store_.portworx_namespaces();
    if (places != places_) secrets_.wake();
    places_ = places;
    const std::lock_guard lock(mutex_);
    if (listed_places_ && *listed_places_ != places) lister_.wake();
  }

  // --- Kinds -------------------------------------------------------------------------------------

  void discover() {
    Milliseconds backoff = options_.first_wait;
    while (lister_.is_running()) {
      const std::optional<Failure> failure = list_all();
      if (!failure) {
        backoff = options_.first_wait;
        if (!lister_.wait_for(jittered(options_.resync))) return;
        continue;
      }
      const Milliseconds time = std::exchange(backoff, longer(backoff, *failure));
      // Whoever is in trouble is left alone for a while, whatever there is to ask for.
      const Milliseconds quiet =
          std::max(std::min(time, options_.longest_wait), asked_to_wait(*failure));
      if (!lister_.rest(quiet)) return;
      if (time > quiet && !lister_.wait_for(time - quiet)) return;
    }
  }

  // One kind that fails for ever must not have all others listed twice a minute for ever.
  [[nodiscard]] Milliseconds longer(Milliseconds time, const Failure& failure) const {
    const bool is_away =
        failure.kind == Failure::Kind::Unreachable || failure.kind == Failure::Kind::Unauthorized;
    return std::min(2 * time, is_away ? options_.longest_wait : options_.resync);
  }

  static Milliseconds asked_to_wait(const Failure& failure) {
    return std::min<Milliseconds>(failure.retry_after.value_or(Milliseconds(0)),
                                  limits::kLongestRetryAfter);
  }

  // What to come back for before everything is listed again.
  std::optional<Failure> list_all() {
    Interruptible client(lister_, options_.connect());
    const auto kinds = reading_list(*client);
    if (!kinds) {
      if (kinds.error().kind != Failure::Kind::Stopped)
        store_.set_why_nothing("the API server: " + kinds.error().message);
      return kinds.error();
    }
    take_interest();
    store_.set_kinds(*kinds);
    follow(*kinds);
    wait_for_watches();
    const ReadOptions now = interest();
    {
      const std::lock_guard lock(mutex_);
      listed_places_ = store_.portworx_namespaces();
    }
    Listed listed = list_into(store_, *client, *kinds, Which::ListedOnly, now.portworx_namespace);
    has_listed_ = has_listed_ || !listed.away;
    secrets_.wake();
    return listed.away ? std::move(listed.away) : std::move(listed.passing);
  }

  // They tell where Portworx is; without them what lies beside it would be listed twice.
  void wait_for_watches() {
    const Clock::time_point end = Clock::now() + kForWatches;
    while (store_.is_waiting_for_watches() && Clock::now() < end) {
      if (!lister_.rest(Milliseconds(10))) return;
    }
  }

  // Other names are looked for: what was read was read without them.
  void take_interest() {
    {
      const std::lock_guard lock(mutex_);
      if (!std::exchange(is_interest_new_, false)) return;
    }
    store_.set_interest(interest_of(interest()));
    for (auto& [name, following] : kinds_) following->stop();
    kinds_.clear();
  }

  void follow(const std::vector<Wanted>& kinds) {
    for (const Wanted& wanted : kinds) {
      if (wanted.reading != Reading::Watched || !wanted.is_served) continue;
      auto& following = kinds_[wanted.resource.path("")];
      if (following) continue;
      following = std::make_unique<Following>(reflection(wanted.resource, {}), options_.connect,
                                              store_.sink(wanted.resource));
    }
  }

  [[nodiscard]] Reflector::Options reflection(const Resource& resource, Selection selection) const {
    return {.resource = resource,
            .selection = std::move(selection),
            .first_wait = options_.first_wait,
            .longest_wait = options_.longest_wait};
  }

  // --- Secrets -----------------------------------------------------------------------------------

  void read_secrets() {
    while (secrets_.wait()) {
      const auto [names, left_out] = wanted_secrets(store_, interest());
      store_.set_secrets(names, left_out);
      follow_secrets(names);
      if (!changes_.take().empty() && !names.empty()) {
        Interruptible client(secrets_, options_.connect());
        reader_.read(*client, names);
      }
      if (!secrets_.rest(options_.between_snapshots)) return;
    }
  }

  void follow_secrets(const std::set<SecretName>& names) {
    std::erase_if(secret_watches_,
                  [&names](const auto& known) { return !names.contains(known.first); });
    for (const SecretName& name : names) {
      auto& following = secret_watches_[name];
      if (following) continue;
      following = std::make_unique<Following>(
          reflection(secrets(),
                     {.ns = name.first, .name = name.second, .detail = Detail::Metadata}),
          options_.connect, std::make_unique<SecretWatch>(store_, name, changes_, secrets_));
    }
  }

  const Options options_;
  mutable std::mutex mutex_;
  ReadOptions interest_;
  bool is_interest_new_ = false;
  std::optional<std::set<std::string>> listed_places_;  // none: nothing was listed yet

  Wakeup builder_;
  Wakeup lister_;
  Wakeup secrets_;
  Store store_;
  Published<Snapshot> snapshot_;
  std::set<std::string> places_;                                     // of the builder's thread
  std::map<std::string, std::unique_ptr<Following>> kinds_;          // of the lister's
  std::map<SecretName, std::unique_ptr<Following>> secret_watches_;  // of the readers of Secrets
  SecretReader reader_;
  Changes changes_;
  std::atomic<bool> has_listed_ = false;

  std::mutex stopping_;
  std::vector<std::thread> threads_;
};

LiveView::LiveView(Options options) : threads_(std::make_unique<Threads>(std::move(options))) {}
LiveView::~LiveView() { stop(); }

std::shared_ptr<const Snapshot> LiveView::get() const { return threads_->get(); }
std::string LiveView::why_not_ready() const { return threads_->why_not_ready(); }
void LiveView::set_interest(ReadOptions interest) { threads_->set_interest(std::move(interest)); }
void LiveView::refresh() { threads_->refresh(); }
void LiveView::stop() { threads_->stop(); }

}  // namespace pxguard::cluster
