// The thread of serve that keeps certificates and webhook configurations.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "cli/trust_keeper.h"
#include "tests/support/trust_replica.h"

namespace pxguard::cli {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

bool comes_true(const std::function<bool()>& fact) {
  for (const auto end = Steady::now() + 20s; Steady::now() < end;) {
    if (fact()) return true;
    std::this_thread::sleep_for(2ms);
  }
  return false;
}

struct Kept {
  explicit Kept(test::FakeApi& api)
      : log(nowhere.descriptor),
        keeper({.connect = [&api] { return api.connect(); },
                .trust = {.secret = {"pxguard", "pxguard-tls"},
                          .names = {"pxguard.pxguard.svc"},
                          .activation = cluster::Activation::Auto,
                          .objects =
                              [](const std::string& bundle) {
                                return std::vector<std::string>{cluster::configuration(bundle)};
                              },
                          .bundle = {},
                          .service = {"pxguard", "pxguard"},
                          .pod = "pxguard-0",
                          .wall = {},
                          .steady = {}},
                .interval = 20ms},
               pairs, log) {}
  [[nodiscard]] std::string metrics() const {
    std::string text;
    keeper.write_metrics(text);
    return text;
  }

  // Closed after the last line was written.
  struct Nowhere {
    int descriptor = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ~Nowhere() { ::close(descriptor); }
  } nowhere;
  Log log;
  Published<certs::KeyPair> pairs;
  TrustKeeper keeper;
};

std::string policy_of(const test::FakeApi& api) {
  const auto there = api.get(cluster::kValidating);
  if (!there.is_object() || !there.contains("webhooks")) return {};
  return there["webhooks"][0].value("failurePolicy", "");
}

TEST_CASE(
    "two keepers at once serve, close, and write no more than one Event an hour of each kind") {
  test::FakeApi api;
  api.answer_to_dry_run = [](const auto&) { return cluster::denial(); };
  Kept one(api);
  Kept two(api);
  CHECK(comes_true([&] { return one.pairs.get() && two.pairs.get(); }));
  CHECK(comes_true([&] { return policy_of(api) == "Fail"; }));
  CHECK(comes_true([&] {
    return one.metrics().find("pxguard_webhook_enforcing 1") != std::string::npos &&
           one.metrics().find("pxguard_certificate_trusted 1") != std::string::npos &&
           one.metrics().find("pxguard_trust_failing 0") != std::string::npos;
  }));
  CHECK(certs::leaf_of(*one.pairs.get()).id == certs::leaf_of(*two.pairs.get()).id);
  const auto events = api.paths_with("/events/");
  CHECK(events.size() >= 1);
  CHECK(events.size() <= 2);
}

TEST_CASE(
    "an API server that is away is said in a metric, what is served stays, and stopping is quick") {
  test::FakeApi api;
  Kept one(api);
  REQUIRE(comes_true([&] { return one.pairs.get() != nullptr; }));
  const auto served = one.pairs.get();
  api.set_reachable(false);
  CHECK(comes_true(
      [&] { return one.metrics().find("pxguard_trust_failing 1") != std::string::npos; }));
  CHECK(one.pairs.get() == served);
  const auto began = Steady::now();
  one.keeper.stop();
  CHECK(Steady::now() - began < 5s);
}

TEST_CASE("one that is told to stop makes nothing again that is taken away") {
  test::FakeApi api;
  api.answer_to_dry_run = [](const auto&) { return cluster::denial(); };
  Kept one(api);
  REQUIRE(comes_true([&] { return policy_of(api) == "Fail"; }));
  one.keeper.rest();
  std::this_thread::sleep_for(50ms);
  api.remove(cluster::kValidating);
  std::this_thread::sleep_for(200ms);
  one.keeper.wake();
  std::this_thread::sleep_for(200ms);
  one.keeper.stop();
  CHECK(api.get(cluster::kValidating).is_null());
}

TEST_CASE("one that ends without being told to opens nothing") {
  test::FakeApi api;
  api.answer_to_dry_run = [](const auto&) { return cluster::denial(); };
  {
    Kept one(api);
    REQUIRE(comes_true([&] { return policy_of(api) == "Fail"; }));
  }
  CHECK(policy_of(api) == "Fail");
}

TEST_CASE("the last one that is stopped opens what it closed") {
  test::FakeApi api;
  api.answer_to_dry_run = [](const auto&) { return cluster::denial(); };
  Kept one(api);
  REQUIRE(comes_true([&] { return policy_of(api) == "Fail"; }));
  one.keeper.stop();
  CHECK(policy_of(api) == "Ignore");
}

}  // namespace
}  // namespace pxguard::cli
