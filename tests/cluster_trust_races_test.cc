// Replicas that get in each other's way between any two requests, and are killed there: what is
// served is trusted by what is published all the same.
#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "tests/support/trust_replica.h"

namespace pxguard::cluster {
namespace {

class Crowd {
 public:
  Crowd(unsigned seed, Activation activation) : random_(seed), activation_(activation) {
    api.answer_to_dry_run = [](const Json&) { return denial(); };
    api.before_request = [this] { between_requests(); };
    if (activation == Activation::Static) {
      Json theirs = Json::parse(configuration(""));
      for (Json& entry : theirs["webhooks"]) entry["clientConfig"].erase("caBundle");
      api.put(theirs.dump());
    }
    for (int i = 0; i < 3; ++i) members_.push_back(Member{start(), false});
  }

  void event() {
    const auto dice = random_() % 100;
    if (dice < 80) return round_of(pick());
    if (dice < 85) return crash(pick());
    if (dice < 88) return ask_for_rotation();
    if (dice < 96) return clocks.pass(std::chrono::seconds(random_() % 90));
    clocks.pass(std::chrono::hours(random_() % (9 * 24)));
    for (int i = 0; i < 4; ++i) {
      for (Member& one : members_) round_of(&one);
    }
  }

  void settle() {
    preempts_ = false;
    for (int i = 0; i < 20; ++i) {
      clocks.pass(10s);
      for (Member& one : members_) round_of(&one);
    }
  }

  // False where the round has fewer requests.
  bool stop_in_a_round(int stop, const std::function<void()>& meanwhile) {
    Member* const one = &members_.front();
    bool is_held_up = false;
    // Something to write, for those that write.
    Json object = api.get(kValidating);
    object["webhooks"][0]["clientConfig"]["caBundle"] = base64_encode("garbage");
    api.put(object.dump());
    clocks.pass(std::chrono::minutes(20));
    one->is_at_work = true;
    api.before_request = [&] {
      if (--stop != 0) return;
      is_held_up = true;
      meanwhile();
    };
    (void)one->replica->round();
    one->is_at_work = false;
    api.before_request = nullptr;
    return is_held_up;
  }

  void ask_for_rotation() {
    Json secret = api.get(kSecret);
    if (!secret.is_object()) return;
    secret["metadata"]["annotations"][std::string(kRotate)] = "asked";
    api.put(secret.dump());
  }

  void check() {
    const Json there = api.get(kValidating);
    if (!there.is_object()) return;
    for (const Json& entry : there.value("webhooks", Json::array())) {
      const auto bundle = base64_decode(entry["clientConfig"].value("caBundle", ""));
      if (bundle->empty()) continue;
      for (const Member& one : members_) {
        const auto pair = one.replica->pairs.get();
        if (!pair) continue;
        // The answer changes with the days, and not between two requests.
        const auto day = std::chrono::floor<std::chrono::days>(clocks.wall);
        if (!verified_.emplace(pair.get(), *bundle, day).second) continue;
        keep_.push_back(pair);
        const auto why = certs::why_not_trusted(*pair, *bundle, "pxguard.pxguard.svc", clocks.wall);
        REQUIRE_MESSAGE(!why, *why);
        ++checked;
      }
    }
  }

  test::FakeApi api;
  Clocks clocks;
  int checked = 0;
  int preempted = 0;
  int killed = 0;

 private:
  struct Member {
    std::unique_ptr<Replica> replica;
    bool is_at_work = false;
  };

  std::unique_ptr<Replica> start() { return std::make_unique<Replica>(api, clocks, activation_); }
  Member* pick() { return &members_[random_() % members_.size()]; }

  void round_of(Member* one) {
    if (one->is_at_work) return;
    one->is_at_work = true;
    (void)one->replica->round();
    one->is_at_work = false;
    check();
  }

  // As SIGKILL between two requests: the rest of its round does not happen.
  void crash(Member* one) {
    if (one->is_at_work) return;
    one->is_at_work = true;
    one->replica->kill_after(static_cast<int>(random_() % 6));
    (void)one->replica->round();
    one->replica = start();
    one->is_at_work = false;
    ++killed;
  }

  void between_requests() {
    if (!preempts_ || depth_ >= 2 || random_() % 8 != 0) return;
    ++depth_;
    ++preempted;
    const auto count = 1 + random_() % 3;
    for (std::size_t i = 0; i < count; ++i) {
      if (random_() % 3 == 0) clocks.pass(std::chrono::seconds(random_() % 70));
      round_of(pick());
    }
    --depth_;
  }

  std::set<std::tuple<const certs::KeyPair*, std::string, certs::Time>> verified_;
  std::deque<std::shared_ptr<const certs::KeyPair>> keep_;  // so that no address comes twice
  std::mt19937 random_;
  const Activation activation_;
  std::deque<Member> members_;
  bool preempts_ = true;
  int depth_ = 0;
};

TEST_CASE("replicas in each other's way, and killed between two requests, serve what is trusted") {
  int checked = 0;
  int preempted = 0;
  int killed = 0;
  for (const Activation activation : {Activation::Auto, Activation::Static}) {
    for (unsigned seed = 1; seed <= 2; ++seed) {
      CAPTURE(seed);
      Crowd crowd(seed, activation);
      for (int i = 0; i < 120; ++i) {
        CAPTURE(i);
        crowd.event();
        crowd.check();
      }
      crowd.settle();
      CHECK(crowd.api.get(kSecret)["data"].value("ca-next.crt", "") == "");
      if (activation == Activation::Auto)
        CHECK(crowd.api.get(kValidating)["webhooks"][0]["failurePolicy"] == "Fail");
      checked += crowd.checked;
      preempted += crowd.preempted;
      killed += crowd.killed;
    }
  }
  MESSAGE("checked ", checked, ", preempted ", preempted, ", killed ", killed);
  CHECK(checked >= 100);
  CHECK(preempted >= 100);
  CHECK(killed >= 10);
}

// The whole of a rotation while one replica stands still between two of its requests.
TEST_CASE(
    "who was stopped in the middle of a round takes nothing away that was published meanwhile") {
  for (const Activation activation : {Activation::Auto, Activation::Static}) {
    for (int stop = 1; stop <= 4; ++stop) {
      CAPTURE(stop);
      Crowd crowd(1, activation);
      crowd.settle();
      const auto held_up = crowd.stop_in_a_round(stop, [&crowd] {
        crowd.ask_for_rotation();
        crowd.settle();
      });
      crowd.check();
      CHECK(held_up);
      crowd.settle();
      crowd.check();
    }
  }
}

}  // namespace
}  // namespace pxguard::cluster
