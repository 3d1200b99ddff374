// The order in which CAs, leaves and bundles change holds at every moment: several replicas, each
// stopped and killed anywhere between two requests, with clocks that are a day wrong, against an
// API server that refuses who was too slow. Certificates are real ones.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "certs/custody.h"
#include "certs/lifecycle.h"

namespace pxguard::certs {
namespace {

using namespace std::chrono_literals;
using Do = Step::Do;
using Steady = std::chrono::steady_clock;

constexpr auto kDay = std::chrono::hours(24);
const std::string kName = "pxguard.pxguard.svc";
// API servers know what was published this long ago, or anything since.
constexpr auto kLag = 50s;
constexpr Terms kTerms{.authority_life = 400 * kDay};

// A Secret, as bytes that can be copied.
struct Bytes {
  struct Pair {
    std::string certificate, key;
  };
  std::optional<Pair> active, next, leaf;
  std::string old_pem;
  Time old_until{};
  bool wants_next = false;
  int version = 0;

  static std::optional<Pair> of(const std::optional<Issued>& issued) {
    if (!issued) return std::nullopt;
    return Pair{issued->certificate_pem, std::string(issued->key_pem.expose())};
  }
  static std::optional<Issued> issued(const std::optional<Pair>& pair) {
    if (!pair) return std::nullopt;
    return Issued{pair->certificate, SecretValue(pair->key)};
  }
  static Bytes of(const Custody& custody) {
    return {of(custody.active), of(custody.next),  of(custody.leaf),
            custody.old_pem,    custody.old_until, custody.wants_next};
  }
  [[nodiscard]] Custody custody() const {
    return {issued(active), issued(next), issued(leaf), old_pem, old_until, wants_next};
  }
};

struct Configuration {
  std::string bundle;
  int version = 1;
  std::deque<std::pair<Time, std::string>> before;  // until when it was so
};

struct Cluster {
  Time now = Time(1'800'000'000s);
  std::optional<Bytes> secret;
  int versions = 0;
  std::vector<Configuration> configurations{2};

  bool put_secret(Bytes bytes, std::optional<int> version) {
    if (version.has_value() != secret.has_value()) return false;
    if (secret && secret->version != *version) return false;
    bytes.version = ++versions;
    secret = std::move(bytes);
    return true;
  }
  bool put_bundle(std::size_t which, std::string bundle, int version) {
    Configuration& configuration = configurations[which];
    if (configuration.version != version) return false;
    configuration.before.emplace_back(now, std::move(configuration.bundle));
    configuration.bundle = std::move(bundle);
    ++configuration.version;
    return true;
  }
  // Read once: most of a run would be spent in reading the same bytes.
  const std::set<CertificateId>& ids_of(const std::string& bundle) {
    const auto [place, is_new] = ids_.try_emplace(bundle);
    if (is_new) {
      for (const Certificate& one : certificates_in(bundle)) place->second.insert(one.id);
    }
    return place->second;
  }
  const Holding& holding_of(const Bytes& bytes) {
    const auto [place, is_new] = holdings_.try_emplace(bytes.version);
    if (is_new) place->second = certs::holding_of(bytes.custody(), {kName});
    return place->second;
  }
  // All that some API server may still go by.
  std::vector<std::string> in_force(const Configuration& configuration) const {
    std::vector<std::string> bundles{configuration.bundle};
    for (const auto& [until, bundle] : configuration.before) {
      if (until + kLag > now) bundles.push_back(bundle);
    }
    return bundles;
  }

 private:
  std::map<std::string, std::set<CertificateId>> ids_;
  std::map<int, Holding> holdings_;
};

struct Counts {
  std::map<Do, int> done;
  int conflicts = 0;
  int crashes = 0;
  int verified = 0;
};

class Replica {
 public:
  Replica(Cluster& cluster, Counts& counts) : cluster_(cluster), counts_(counts) {}

  // One request, or what comes between two of them.
  void advance(std::mt19937& random) {
    switch (phase_) {
      case Phase::Bundles:
        seen_ = cluster_.configurations;
        phase_ = Phase::Secret;
        return;
      case Phase::Secret:
        secret_ = cluster_.secret;
        decide();
        phase_ = Phase::Write;
        return;
      case Phase::Write:
        if (!write(random)) ++counts_.conflicts;
        phase_ = Phase::Bundles;
        ++rounds;
        return;
    }
  }
  void crash() {
    phase_ = Phase::Bundles;
    served.reset();
    next_.clear();
    ++counts_.crashes;
  }
  [[nodiscard]] bool is_between_rounds() const { return phase_ == Phase::Bundles; }
  [[nodiscard]] Step step() const { return step_; }

  std::chrono::seconds clock_is_off{};
  int rounds = 0;
  std::shared_ptr<const KeyPair> served;
  HeldLeaf served_facts;

 private:
  enum class Phase { Bundles, Secret, Write };

  [[nodiscard]] Time clock() const { return cluster_.now + clock_is_off; }

  [[nodiscard]] Bundles bundles() const {
    Bundles all;
    for (const Configuration& each : seen_) all.push_back(cluster_.ids_of(each.bundle));
    return all;
  }

  void decide() {
    Seen seen{.bundles = bundles()};
    if (secret_) seen.held = cluster_.holding_of(*secret_);
    remember_next(seen);
    step_ = next_step(clock(), seen, kTerms);
    if (!seen.held || !seen.held->leaf) return;
    const std::optional<HeldLeaf> now = served ? std::optional(served_facts) : std::nullopt;
    if (!should_serve(*seen.held->leaf, seen.bundles, now, clock())) return;
    served_facts = *seen.held->leaf;
    if (leaf_ == secret_->leaf->certificate && served) return;
    leaf_ = secret_->leaf->certificate;
    served = std::make_shared<const KeyPair>(secret_->custody().leaf->pair().value());
  }

  void remember_next(Seen& seen) {
    const bool is_there =
        seen.held && seen.held->next && is_in_all(*seen.bundles, seen.held->next->id);
    if (!is_there) return next_.clear();
    if (next_ != seen.held->next->id) {
      next_ = seen.held->next->id;
      next_since_ = cluster_.now;
    }
    seen.next_published = cluster_.now - next_since_;
  }

  bool write(std::mt19937& random) {
    if (step_.what == Do::Nothing || step_.what == Do::Wait) return true;
    if (step_.what == Do::Publish) {
      const std::string bundle = bundle_of(secret_->custody());
      // One configuration a round is what a crash between two writes leaves.
      const std::size_t which = random() % seen_.size();
      const bool done = cluster_.put_bundle(which, bundle, seen_[which].version);
      if (done) ++counts_.done[step_.what];
      return done;
    }
    std::string published;
    for (const Configuration& each : seen_) published += each.bundle;
    Result<Custody> made =
        after(step_.what, secret_ ? secret_->custody() : Custody{},
              {.now = clock(), .terms = kTerms, .names = {kName}, .published = published});
    REQUIRE(made);
    const auto version = secret_ ? std::optional(secret_->version) : std::nullopt;
    const bool done = cluster_.put_secret(Bytes::of(*made), version);
    if (done) ++counts_.done[step_.what];
    return done;
  }

  Cluster& cluster_;
  Counts& counts_;
  Phase phase_ = Phase::Bundles;
  std::vector<Configuration> seen_;
  std::optional<Bytes> secret_;
  Step step_;
  CertificateId next_;
  Time next_since_;
  std::string leaf_;  // that is served
};

class Model {
 public:
  explicit Model(unsigned seed) : random_(seed) {
    for (int i = 0; i < 3; ++i) replicas.emplace_back(cluster, counts);
  }

  void anything_happens() {
    Replica& one = replicas[random_() % replicas.size()];
    const auto dice = random_() % 1000;
    if (dice < 700) return one.advance(random_);
    if (dice < 730) return one.crash();
    if (dice < 760) {
      one.clock_is_off = std::chrono::hours(static_cast<int>(random_() % 49) - 24);
      return;
    }
    if (dice < 761) return ask_for_rotation();
    if (dice < 775) return lose_secret();
    if (dice < 980) return pass(std::chrono::seconds(random_() % 120));
    pass(std::chrono::hours(random_() % (9 * 24)));
    everybody_looks();
  }

  void check() {
    for (Configuration& configuration : cluster.configurations) {
      while (!configuration.before.empty() &&
             configuration.before.front().first + kLag < cluster.now)
        configuration.before.pop_front();
      for (const std::string& bundle : cluster.in_force(configuration)) check(bundle);
    }
  }

  // Without crashes and with time to spare everybody comes to rest.
  void settle() {
    for (int i = 0; i < 60; ++i) {
      pass(30s);
      everybody_looks();
      check();
    }
  }

  void everybody_looks() {
    const int goal = 3;
    std::vector<int> until;
    for (Replica& one : replicas) until.push_back(one.rounds + goal);
    while (true) {
      std::vector<std::size_t> late;
      for (std::size_t i = 0; i < replicas.size(); ++i) {
        if (replicas[i].rounds < until[i]) late.push_back(i);
      }
      if (late.empty()) return;
      replicas[late[random_() % late.size()]].advance(random_);
      check();
    }
  }

  void pass(std::chrono::seconds time) { cluster.now += time; }

  void ask_for_rotation() {
    if (!cluster.secret) return;
    cluster.secret->wants_next = true;
    cluster.secret->version = ++cluster.versions;
  }

  void lose_secret() {
    const bool is_quiet = std::all_of(replicas.begin(), replicas.end(),
                                      [](const Replica& one) { return one.is_between_rounds(); });
    if (is_quiet) cluster.secret.reset();
  }

  Cluster cluster;
  Counts counts;
  std::vector<Replica> replicas;

 private:
  void check(const std::string& bundle) {
    if (bundle.empty()) return;  // nobody is called yet
    for (const Replica& one : replicas) {
      if (!one.served) continue;
      // The answer for a certificate changes with the hours, and not between two requests.
      const auto hour = std::chrono::floor<std::chrono::hours>(cluster.now);
      if (!verified_.emplace(one.served.get(), bundle, hour).second) continue;
      keep_.push_back(one.served);
      ++counts.verified;
      const auto why = why_not_trusted(*one.served, bundle, kName, cluster.now);
      REQUIRE_MESSAGE(!why, *why);
    }
  }

  std::mt19937 random_;
  std::set<std::tuple<const KeyPair*, std::string, Time>> verified_;
  std::vector<std::shared_ptr<const KeyPair>> keep_;  // so that no address comes twice
};

TEST_CASE(
    "whatever is served is trusted by every bundle in force, in any order of steps and crashes") {
  Counts all;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Model model(seed);
    for (int event = 0; event < 4000; ++event) {
      CAPTURE(event);
      model.anything_happens();
      model.check();
    }
    for (Replica& one : model.replicas) one.clock_is_off = 0s;
    model.settle();
    const Holding held = model.cluster.holding_of(*model.cluster.secret);
    REQUIRE(held.active);
    CHECK_FALSE(held.next);
    for (const Replica& one : model.replicas) {
      REQUIRE(one.served);
      CHECK(one.served_facts.signer == held.active->id);
      CHECK(one.step() == Step{Do::Nothing});
    }
    for (const auto& [what, count] : model.counts.done) all.done[what] += count;
    all.conflicts += model.counts.conflicts;
    all.crashes += model.counts.crashes;
    all.verified += model.counts.verified;
  }
  // A model in which nothing happens proves nothing.
  for (const Do what : {Do::Create, Do::Adopt, Do::IssueLeaf, Do::Publish, Do::MakeNext,
                        Do::Promote, Do::DropOld}) {
    CAPTURE(to_string(what));
    MESSAGE(to_string(what), ": ", all.done[what]);
    CHECK(all.done[what] >= 20);
  }
  MESSAGE("conflicts ", all.conflicts, ", crashes ", all.crashes, ", verified ", all.verified);
  CHECK(all.conflicts >= 100);
  CHECK(all.crashes >= 100);
}

const Time kNow = Time(1'800'000'000s);
const Validity kYoung{kNow - kDay, kNow + 89 * kDay};

Holding at_rest() {
  return {.active = HeldAuthority{"a", {kNow - kDay, kNow + 3649 * kDay}},
          .leaf = HeldLeaf{.signer = "a", .validity = kYoung}};
}

TEST_CASE("at rest there is nothing to do") {
  CHECK(next_step(kNow, {.held = at_rest(), .bundles = Bundles{{"a"}}}, {}).what == Do::Nothing);
}

TEST_CASE("while bundles are unknown nothing is made that could replace what is relied on") {
  CHECK(next_step(kNow, {}, {}).what == Do::Nothing);
  Holding held = at_rest();
  held.next = HeldAuthority{"b", held.active->validity};
  CHECK(next_step(kNow, {.held = held, .next_published = 1h}, {}).what == Do::Nothing);
}

TEST_CASE(
    "a leaf past two thirds of its life, for other names, or without a CA of ours is replaced") {
  Holding old_leaf = at_rest();
  old_leaf.leaf->validity = {kNow - 61 * kDay, kNow + 29 * kDay};
  CHECK(next_step(kNow, {.held = old_leaf, .bundles = Bundles{{"a"}}}, {}).what == Do::IssueLeaf);
  Holding other_names = at_rest();
  other_names.leaf->has_names = false;
  CHECK(next_step(kNow, {.held = other_names, .bundles = Bundles{{"a"}}}, {}).what ==
        Do::IssueLeaf);
  Holding strange = at_rest();
  strange.leaf->signer = "";
  CHECK(next_step(kNow, {.held = strange, .bundles = Bundles{{"a"}}}, {}).what == Do::IssueLeaf);
}

TEST_CASE("a CA that ends soon does not make one leaf after the other") {
  Holding ending = at_rest();
  ending.active->validity = {kNow - 400 * kDay, kNow + 10 * kDay};
  ending.leaf->validity = {kNow - 50 * kDay, kNow + 10 * kDay};
  CHECK(next_step(kNow, {.held = ending, .bundles = Bundles{{"a"}}}, {}).what == Do::MakeNext);
}

TEST_CASE(
    "an expired CA is replaced through its bundle, and its leaf is given up for the new one") {
  Holding expired = at_rest();
  expired.active->validity = {kNow - 400 * kDay, kNow - kDay};
  expired.leaf->validity = {kNow - 90 * kDay, kNow - kDay};
  CHECK(next_step(kNow, {.held = expired, .bundles = Bundles{{"a"}}}, {}).what == Do::MakeNext);
  expired.next = HeldAuthority{"b", {kNow, kNow + 3650 * kDay}};
  CHECK(next_step(kNow, {.held = expired, .bundles = Bundles{{"a"}}}, {}).what == Do::Publish);
  const Bundles both{{"a", "b"}};
  CHECK(next_step(kNow, {.held = expired, .bundles = both, .next_published = 59s}, {}).what ==
        Do::Wait);
  CHECK(next_step(kNow, {.held = expired, .bundles = both, .next_published = 60s}, {}).what ==
        Do::Promote);
}

TEST_CASE("a bundle with something else in it is put right, wherever it is") {
  for (const Bundles& wrong : {Bundles{{}}, Bundles{{"a"}, {"x"}}, Bundles{{"a", "x"}}}) {
    CHECK(next_step(kNow, {.held = at_rest(), .bundles = wrong}, {}).what == Do::Publish);
  }
}

TEST_CASE("who serves something trusted keeps it until the other one is trusted too") {
  const HeldLeaf old_leaf{.signer = "a", .validity = kYoung};
  const HeldLeaf new_leaf{.signer = "b", .validity = kYoung};
  CHECK_FALSE(should_serve(new_leaf, Bundles{{"a"}}, old_leaf, kNow));
  CHECK_FALSE(should_serve(new_leaf, Bundles{{"a", "b"}, {"a"}}, old_leaf, kNow));
  CHECK(should_serve(new_leaf, Bundles{{"a", "b"}}, old_leaf, kNow));
  CHECK_FALSE(should_serve(new_leaf, std::nullopt, old_leaf, kNow));
  // Nothing to lose.
  CHECK(should_serve(new_leaf, Bundles{{"x"}}, old_leaf, kNow));
  CHECK(should_serve(new_leaf, std::nullopt, old_leaf, kNow + 90 * kDay));
  // A start: somebody may be called by what is published, but not with this one.
  CHECK_FALSE(should_serve(new_leaf, Bundles{{"a"}}, std::nullopt, kNow));
  CHECK(should_serve(new_leaf, Bundles{{}}, std::nullopt, kNow));
}

}  // namespace
}  // namespace pxguard::certs
