// The audit of serve, from a change of the view to reports, Events and metrics.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "base/published.h"
#include "cli/background.h"
#include "cluster/read_cluster.h"
#include "tests/support/contains.h"
#include "tests/support/fake_api.h"

namespace pxguard::cli {
namespace {

using test::contains;

using namespace std::chrono_literals;
using test::FakeApi;

// Stork without a shared secret, beside a Portworx that is secured.
constexpr std::string_view kPortworx = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: portworx
        image: portworx/oci-monitor:3.1.0
        args: [-c, px-prod, -jwt_issuer, portworx.com]
        env:
        - {name: PORTWORX_AUTH_SYSTEM_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: system}}}
        - {name: PORTWORX_AUTH_SYSTEM_APPS_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: apps}}}
        - {name: PORTWORX_AUTH_JWT_SHAREDSECRET, value: canary-literal-0123456789abcdef0123456789}
)";
constexpr std::string_view kStork = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: stork, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - {name: stork, image: "openstorage/stork:24.3.0", command: [/stork, --driver=pxd]}
)";

const std::string kReport =
    "/apis/wgpolicyk8s.io/v1alpha2/namespaces/kube-system/policyreports/pxguard";

// The cluster, the view of it as the test last read it, and a Background that looks at both.
class Running {
 public:
  Running() {
    api.serve("wgpolicyk8s.io");
    api.put(kPortworx);
    read();
  }

  void read() {
    auto snapshot = cluster::read_cluster(*api.connect(), {.secrets = {}});
    REQUIRE(snapshot);
    view_.publish(*snapshot);
    // Revisions are those of one view, and each reading here is one of its own.
    auto policy = policy::Policy::defaults();
    policy.hash = std::to_string(++readings_);
    policies_.publish(std::make_shared<const policy::Policy>(std::move(policy)));
    if (background) background->wake();
  }
  void start() {
    background = std::make_unique<Background>(
        Background::Options{.connect = [this] { return api.connect(); },
                            .snapshot = [this] { return view_.get(); },
                            .is_ready = [] { return true; },
                            .ns = "pxguard",
                            .instance = "pxguard-0",
                            .quiet = 10ms,
                            .patience = 50ms},
        policies_, log_);
  }
  [[nodiscard]] std::string metrics() const {
    std::string text;
    background->write_metrics(text);
    return text;
  }

  template <class Condition>
  static bool within_10_s(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(5ms);
    }
    return true;
  }

  FakeApi api;

 private:
  Published<policy::Policy> policies_;
  Published<cluster::Snapshot> view_;
  Log log_{2};
  int readings_ = 0;

 public:
  std::unique_ptr<Background> background;
};

webhook::Summary denial_of(std::string name) {
  webhook::Summary summary;
  summary.id = {"apps/v1", "Deployment", "kube-system", std::move(name)};
  summary.allowed = false;
  summary.denied_by = "PXS202 Stork and Portworx use different keys";
  return summary;
}

}  // namespace

TEST_CASE("the state of the cluster at the start is published, and is no news") {
  Running running;
  running.api.put(kStork);
  running.read();
  running.start();
  CHECK(Running::within_10_s([&] { return !running.api.get(kReport).is_null(); }));
  CHECK(running.api.get(kReport).at("summary").at("fail").get<int>() > 0);
  CHECK(Running::within_10_s([&] {
    return contains(running.metrics(), "pxguard_report_writes_total{what=\"written\"} 2");
  }));
  CHECK(contains(running.metrics(), "pxguard_audit_findings{severity=\"error\"}"));
  CHECK(running.api.paths_with("/events/").empty());
  CHECK_FALSE(contains(running.api.sent(), "canary"));
}

TEST_CASE("a fault that comes later is in the report, and an Event about the object") {
  Running running;
  running.start();
  REQUIRE(Running::within_10_s([&] { return !running.api.get(kReport).is_null(); }));
  running.api.put(kStork);
  running.read();
  REQUIRE(Running::within_10_s([&] { return !running.api.paths_with("/events/").empty(); }));
  const auto event = running.api.get(running.api.paths_with("/events/").front());
  CHECK(event.at("reason") == "Drift");
  CHECK(event.at("regarding").at("name") == "stork");
  CHECK(Running::within_10_s([&] { return contains(running.api.get(kReport).dump(), "PXS201"); }));
}

TEST_CASE("where nothing changes nothing is written") {
  Running running;
  running.start();
  REQUIRE(Running::within_10_s([&] {
    return contains(running.metrics(), "pxguard_report_writes_total{what=\"written\"} 2");
  }));
  REQUIRE(Running::within_10_s([&] { return running.api.paths_with("/leases/").size() == 1; }));
  running.background->stop();
  running.api.take_writes();
  running.start();
  REQUIRE(Running::within_10_s(
      [&] { return contains(running.metrics(), "pxguard_audit_timestamp_seconds "); }));
  running.background->stop();
  CHECK(running.api.take_writes().empty());
}

TEST_CASE("a denial is an Event; a dry run, an allowed request and the same denial again are not") {
  Running running;
  running.start();
  auto dry_run = denial_of("dry");
  dry_run.dry_run = true;
  running.background->answered(dry_run);
  auto allowed = denial_of("allowed");
  allowed.allowed = true;
  running.background->answered(allowed);
  running.background->answered(denial_of("stork"));
  running.background->answered(denial_of("stork"));
  REQUIRE(Running::within_10_s(
      [&] { return contains(running.metrics(), "pxguard_events_total{what=\"written\"} 1"); }));
  running.background->stop();
  const auto events = running.api.paths_with("/events/");
  REQUIRE(events.size() == 1);
  CHECK(running.api.get(events.front()).at("note") ==
        "PXS202 Stork and Portworx use different keys");
}

TEST_CASE("without the right to write nothing stops, and it is counted") {
  Running running;
  running.api.forbid("/leases");
  running.api.forbid("/events");
  running.start();
  running.background->answered(denial_of("stork"));
  CHECK(Running::within_10_s([&] {
    const std::string text = running.metrics();
    return contains(text, "pxguard_events_total{what=\"failed\"} 1") &&
           contains(text, "pxguard_publication_failures_total 1");
  }));
}

}  // namespace pxguard::cli
