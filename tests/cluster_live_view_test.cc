// The view that is kept up to date, on an API server in memory: what it holds, what it forgets,
// and what becomes of it on bad days.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cluster/live_view.h"
#include "rules/model/portworx.h"
#include "tests/support/fake_api.h"

namespace pxguard::cluster {
namespace {

using namespace std::chrono_literals;
using test::FakeApi;

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
        - {name: PORTWORX_AUTH_SYSTEM_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}}
)";
constexpr std::string_view kStranger = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-exporter, namespace: monitoring}
spec:
  template:
    spec:
      containers:
      - {name: node-exporter, image: "prom/node-exporter:1"}
)";
const std::string kPortworxPath = "/apis/apps/v1/namespaces/kube-system/daemonsets/portworx";
const std::string kKeysPath = "/api/v1/namespaces/kube-system/secrets/pxkeys";

std::string keys_with(std::string_view system_key) {
  return "apiVersion: v1\nkind: Secret\nmetadata: {name: pxkeys, namespace: kube-system}\n"
         "stringData: {system-secret: canary-" +
         std::string(system_key) + "}\n";
}

bool comes_true(const std::function<bool()>& is_so) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < end) {
    if (is_so()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return is_so();
}

// A view of an API server in memory, with short waits.
class Watching {
 public:
  explicit Watching(FakeApi& api, std::vector<std::string> secrets = {"pxkeys"})
      : view_({.connect = [&api] { return api.connect(); },
               .interest = {.secrets = std::move(secrets)},
               .on_event =
                   [this](const ViewEvent& event) {
                     const std::lock_guard lock(mutex_);
                     events_.push_back(event.what + ": " + std::string(to_string(event.state)));
                   },
               .on_change = [this] { ++changes; },
               .between_snapshots = 10ms,
               .first_wait = 5ms,
               .longest_wait = 20ms}) {}

  [[nodiscard]] bool is_ready() const {
    return comes_true([this] { return view_.why_not_ready().empty(); });
  }
  [[nodiscard]] std::shared_ptr<const Snapshot> now() const { return view_.get(); }
  [[nodiscard]] bool holds(std::string_view name) const {
    const auto snapshot = now();
    const auto objects = snapshot->objects();
    return std::any_of(objects.begin(), objects.end(),
                       [name](const model::Object* object) { return object->id().name == name; });
  }
  [[nodiscard]] State state_of(std::string_view kind) const {
    for (const KindStatus& status : now()->kinds()) {
      if (status.resource.kind == kind) return status.state;
    }
    return State::NotYet;
  }
  // Of the key that Portworx reads: "" where nothing is known.
  [[nodiscard]] std::string digest() const {
    const auto snapshot = now();
    const auto facts = snapshot->secret(asker_, "kube-system", "pxkeys");
    const auto* key = facts.get() != nullptr ? facts.get()->key("system-secret") : nullptr;
    return key != nullptr ? key->digest : "";
  }
  [[nodiscard]] bool knows_absent() const {
    const auto snapshot = now();
    const auto facts = snapshot->secret(asker_, "kube-system", "pxkeys");
    return facts.get() == nullptr && !facts.is_unknown();
  }
  [[nodiscard]] std::string why_no_portworx() const {
    const auto snapshot = now();
    const auto found = snapshot->portworx(asker_);
    return found.is_unknown() ? found.needs() : "";
  }
  [[nodiscard]] bool was_told(const std::string& event) const {
    const std::lock_guard lock(mutex_);
    return std::find(events_.begin(), events_.end(), event) != events_.end();
  }

  std::atomic<int> changes = 0;

 private:
  static model::Object make_asker() {
    auto document = json::Document::parse(
        R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"stork","namespace":"kube-system"}})");
    REQUIRE(document);
    auto shared = std::make_shared<const json::Document>(std::move(*document));
    return {shared, shared->root()};
  }

  const model::Object asker_ = make_asker();
  mutable std::mutex mutex_;
  std::vector<std::string> events_;

 public:
  LiveView view_;
};

TEST_CASE("a view holds what is of Portworx, and nothing of anybody else") {
  FakeApi api;
  api.put(kPortworx);
  api.put(kStranger);
  const Watching watching(api);
  REQUIRE(watching.is_ready());
  CHECK(comes_true([&] { return watching.holds("portworx"); }));
  CHECK_FALSE(watching.holds("node-exporter"));
}

TEST_CASE("what comes and goes in the cluster comes and goes in the view") {
  FakeApi api;
  const Watching watching(api);
  REQUIRE(watching.is_ready());
  CHECK_FALSE(watching.holds("portworx"));
  api.put(kPortworx);
  CHECK(comes_true([&] { return watching.holds("portworx"); }));
  api.remove(kPortworxPath);
  CHECK(comes_true([&] { return !watching.holds("portworx"); }));
}

TEST_CASE("what went away while nobody listened is noticed") {
  FakeApi api;
  api.put(kPortworx);
  const Watching watching(api);
  REQUIRE(watching.is_ready());
  REQUIRE(comes_true([&] { return watching.holds("portworx"); }));
  api.set_reachable(false);
  api.remove(kPortworxPath);
  api.forget_history();
  api.set_reachable(true);
  CHECK(comes_true([&] { return !watching.holds("portworx"); }));
}

TEST_CASE("a watch that is cut goes on where it was") {
  FakeApi api;
  api.put(kPortworx);
  const Watching watching(api);
  REQUIRE(watching.is_ready());
  for (int i = 0; i < 3; ++i) {
    api.cut_watches();
    api.remove(kPortworxPath);
    REQUIRE(comes_true([&] { return !watching.holds("portworx"); }));
    api.put(kPortworx);
    REQUIRE(comes_true([&] { return watching.holds("portworx"); }));
  }
}

TEST_CASE("rights that are taken away make a kind unknown, and rights that are given back known") {
  FakeApi api;
  const Watching watching(api);
  REQUIRE(watching.is_ready());
  CHECK(watching.why_no_portworx().empty());
  api.forbid("/daemonsets");
  api.cut_watches();
  REQUIRE(comes_true([&] { return watching.state_of("DaemonSet") == State::Forbidden; }));
  CHECK(watching.was_told("DaemonSet: forbidden"));
  CHECK_FALSE(watching.why_no_portworx().empty());
  CHECK(watching.now()->is_partial());
  api.allow_everything();
  CHECK(comes_true([&] { return watching.state_of("DaemonSet") == State::Read; }));
  CHECK(watching.why_no_portworx().empty());
}

TEST_CASE("what the server was too busy to list is listed again long before all is") {
  FakeApi api;
  api.overload("/persistentvolumeclaims");
  const Watching watching(api);
  REQUIRE(comes_true([&] { return watching.state_of("PersistentVolumeClaim") == State::Failed; }));
  CHECK(watching.now()->is_partial());
  api.allow_everything();
  CHECK(comes_true([&] { return watching.state_of("PersistentVolumeClaim") == State::Read; }));
}

TEST_CASE("without an API server nothing is known, and it is said why") {
  FakeApi api;
  api.set_reachable(false);
  const Watching watching(api);
  CHECK(
      comes_true([&] { return watching.why_no_portworx().find("no route") != std::string::npos; }));
  CHECK_FALSE(watching.view_.why_not_ready().empty());
  api.put(kPortworx);
  api.set_reachable(true);
  CHECK(watching.is_ready());
  CHECK(comes_true([&] { return watching.holds("portworx"); }));
}

TEST_CASE("a Secret of the list is known by its facts, through change, deletion and a new one") {
  FakeApi api;
  api.put(kPortworx);
  api.put(keys_with("one"));
  const Watching watching(api);
  REQUIRE(watching.is_ready());
  REQUIRE(comes_true([&] { return !watching.digest().empty(); }));
  const std::string first = watching.digest();
  api.put(keys_with("two"));
  CHECK(comes_true([&] { return !watching.digest().empty() && watching.digest() != first; }));
  api.remove(kKeysPath);
  CHECK(comes_true([&] { return watching.knows_absent(); }));
  api.put(keys_with("one"));
  CHECK(comes_true([&] { return watching.digest() == first; }));
}

TEST_CASE("a Secret that could not be read when it changed is read as soon as it can be") {
  FakeApi api;
  api.put(kPortworx);
  api.put(keys_with("one"));
  const Watching watching(api);
  REQUIRE(watching.is_ready());
  REQUIRE(comes_true([&] { return !watching.digest().empty(); }));
  const std::string first = watching.digest();
  api.forbid("/secrets/pxkeys");  // the single get; its metadata is watched as before
  api.put(keys_with("two"));
  REQUIRE(comes_true([&] { return watching.was_told("Secret kube-system/pxkeys: forbidden"); }));
  CHECK(comes_true([&] { return watching.digest().empty(); }));
  api.allow_everything();
  api.bookmark();
  CHECK(comes_true([&] { return !watching.digest().empty() && watching.digest() != first; }));
}

TEST_CASE("a key that is changed while we look has changed for sure") {
  FakeApi api;
  api.put(kPortworx);
  api.put(keys_with("one"));
  const Watching watching(api);
  REQUIRE(watching.is_ready());
  REQUIRE(comes_true([&] { return !watching.digest().empty(); }));
  api.put(keys_with("two"));
  CHECK(comes_true([&] {
    const auto snapshot = watching.now();
    for (const model::Object* object : snapshot->objects()) {
      const auto* facts = object->kind() == "Secret" ? snapshot->facts_of(*object) : nullptr;
      if (facts != nullptr && facts->change()) return facts->change()->is_certain;
    }
    return false;
  }));
}

TEST_CASE("a policy that lists another Secret has it read while running") {
  FakeApi api;
  api.put(kPortworx);
  api.put(keys_with("one"));
  Watching watching(api, {});
  REQUIRE(watching.is_ready());
  CHECK(watching.digest().empty());
  watching.view_.set_interest({.secrets = {"pxkeys"}});
  CHECK(comes_true([&] { return !watching.digest().empty(); }));
  watching.view_.set_interest({.secrets = {}});
  CHECK(comes_true([&] { return watching.digest().empty(); }));
}

TEST_CASE("a Secret that the policy names with its namespace is read there") {
  FakeApi api;
  api.put(keys_with("one"));
  const Watching watching(api, {"kube-system/pxkeys"});
  REQUIRE(watching.is_ready());
  CHECK(comes_true([&] { return !watching.digest().empty(); }));
}

TEST_CASE("a change of status alone makes no snapshot") {
  FakeApi api;
  api.put(kPortworx);
  const Watching watching(api);
  REQUIRE(watching.is_ready());
  REQUIRE(comes_true([&] { return watching.holds("portworx"); }));
  const auto before = watching.now();
  api.put(std::string(kPortworx) + "status: {numberReady: 3}\n");
  // Events of one kind come in order: once this one is seen, the other was.
  std::string other(kPortworx);
  other.replace(other.find("name: portworx, namespace"), 14, "name: second");
  api.put(other);
  REQUIRE(comes_true([&] { return watching.holds("second"); }));
  const auto find = [](const Snapshot& snapshot) {
    for (const model::Object* object : snapshot.objects()) {
      if (object->id().name == "portworx") return object;
    }
    return static_cast<const model::Object*>(nullptr);
  };
  const auto after = watching.now();
  CHECK(find(*before) == find(*after));  // not even made anew
}

TEST_CASE("a storm of changes makes no storm of snapshots") {
  FakeApi api;
  api.put(kPortworx);
  const Watching watching(api);
  REQUIRE(watching.is_ready());
  const int before = watching.changes;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) {
    std::string changed(kPortworx);
    changed.replace(changed.find("px-prod"), 7, "px-" + std::to_string(i));
    api.put(changed);
  }
  const auto is_last = [&] {
    const auto snapshot = watching.now();
    for (const model::Object* object : snapshot->objects()) {
      const auto args = object->root().at("spec.template.spec.containers").elements();
      for (const json::Value container : args) {
        for (const json::Value argument : container["args"].elements()) {
          if (argument.text() == "px-999") return true;
        }
      }
    }
    return false;
  };
  REQUIRE(comes_true(is_last));
  const auto spent = std::chrono::steady_clock::now() - began;
  CHECK(watching.changes - before <= spent / 10ms + 2);
}

TEST_CASE("a view that is stopped in the middle of anything ends") {
  for (int i = 0; i < 20; ++i) {
    FakeApi api;
    api.put(kPortworx);
    api.put(keys_with("one"));
    if (i % 3 == 0) api.set_reachable(false);
    Watching watching(api);
    std::this_thread::sleep_for(std::chrono::milliseconds(i));
    watching.view_.stop();
    CHECK(watching.now() != nullptr);
  }
}

}  // namespace
}  // namespace pxguard::cluster
