// What the view holds of a cluster, and what becomes of it when something cannot be read.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <thread>

#include "cluster/clock.h"
#include "cluster/lister.h"
#include "cluster/store.h"
#include "tests/support/objects.h"

namespace pxguard::cluster {
namespace {

using namespace std::chrono_literals;

const Resource kDaemonSets{.group = "apps", .plural = "daemonsets", .kind = "DaemonSet"};
const Resource kClasses{.group = "storage.k8s.io",
                        .plural = "storageclasses",
                        .kind = "StorageClass",
                        .is_namespaced = false};
const SecretName kKeys{"kube-system", "pxkeys"};

constexpr std::string_view kPortworx = R"(
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system}
spec: {template: {spec: {containers: [{name: portworx, image: "portworx/oci-monitor:3.1.0"}]}}}
)";

std::vector<Wanted> both(bool has_classes = true) {
  return {{.resource = kDaemonSets, .reading = Reading::Watched},
          {.resource = kClasses, .reading = Reading::Watched, .is_served = has_classes}};
}

Failure failure(Failure::Kind kind) { return {.kind = kind, .message = "as the test says"}; }

KindStatus status_of(Store& store, std::string_view kind) {
  for (const KindStatus& status : Snapshot(store.contents()).kinds()) {
    if (status.resource.kind == kind) return status;
  }
  FAIL("no such kind");
  return {};
}

model::Lookup<model::PortworxConfig> portworx_in(Store& store) {
  const Snapshot snapshot(store.contents());
  return snapshot.portworx(test::object(
      "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: shop}}"));
}

TEST_CASE("absence is known of kinds that were read, and of kinds that are not served") {
  Store store;
  CHECK(portworx_in(store).is_unknown());
  store.set_kinds(both());
  CHECK(portworx_in(store).is_unknown());
  store.replace(kDaemonSets, {});
  CHECK(portworx_in(store).is_absent());
  store.failed(kDaemonSets, failure(Failure::Kind::Forbidden));
  CHECK(portworx_in(store).is_unknown());
  store.set_kinds(both(false));
  CHECK(status_of(store, "StorageClass").state == State::NotServed);
}

TEST_CASE("what fails before anything was read is failed; afterwards what was read stays") {
  Store store;
  store.set_kinds(both());
  store.failed(kClasses, failure(Failure::Kind::Unreachable));
  CHECK(status_of(store, "StorageClass").state == State::Failed);
  CHECK(status_of(store, "StorageClass").why == "as the test says");
  store.replace(kClasses, {});
  CHECK(status_of(store, "StorageClass").why.empty());
  store.failed(kClasses, failure(Failure::Kind::Unreachable));
  CHECK(status_of(store, "StorageClass").state == State::Read);
}

TEST_CASE("what cannot be decoded is left out and counted") {
  Store store;
  store.set_kinds(both());
  const auto sink = store.sink(kDaemonSets);
  sink->begin_list();
  sink->put(test::object(kPortworx).root());
  sink->put(test::object("{apiVersion: apps/v1, kind: DaemonSet, spec: {}}").root());
  sink->end_list();
  CHECK(status_of(store, "DaemonSet").seen == 2);
  CHECK(status_of(store, "DaemonSet").not_understood == 1);
  CHECK(Snapshot(store.contents()).objects().size() == 1);
}

TEST_CASE("an object that is no longer of Portworx is forgotten") {
  Store store;
  store.set_kinds(both());
  store.replace(kDaemonSets, {});
  const auto sink = store.sink(kDaemonSets);
  sink->put(test::object(kPortworx).root());
  REQUIRE(Snapshot(store.contents()).objects().size() == 1);
  std::string other(kPortworx);
  other.replace(other.find("portworx/oci-monitor:3.1.0"), 26, "registry/proxy:1");
  sink->put(test::object(other).root());
  CHECK(Snapshot(store.contents()).objects().empty());
}

TEST_CASE("the list of kinds that is read again unchanged is no change") {
  Store store;
  store.set_kinds(both());
  store.replace(kDaemonSets, {});
  const auto before = store.contents().revision;
  store.set_kinds(both());
  CHECK(store.contents().revision == before);
  store.set_kinds(both(false));
  CHECK(store.contents().revision != before);
}

TEST_CASE("a Secret that could not be read after a change is read again when its watch is heard") {
  for (const auto kind : {Failure::Kind::Forbidden, Failure::Kind::Unreachable}) {
    CAPTURE(static_cast<int>(kind));
    Store store;
    store.set_secrets({kKeys});
    store.secret_changes(kKeys);
    CHECK_FALSE(store.secret_heard(kKeys, view_time()));  // it is being read
    store.secret_failed(kKeys, failure(kind));
    CHECK(store.secret_heard(kKeys, view_time()));
    // The same of one that was read before: what is held is not what the server has.
    store.remove_secret(kKeys, view_time());
    CHECK_FALSE(store.secret_heard(kKeys, view_time()));
    store.secret_changes(kKeys);
    store.secret_failed(kKeys, failure(kind));
    CHECK(store.secret_heard(kKeys, view_time()));
  }
}

TEST_CASE("a Secret that changes again while it is read is not taken for fresh") {
  Store store;
  store.set_secrets({kKeys});
  store.secret_changes(kKeys);
  const Time first = view_time();
  std::this_thread::sleep_for(1ms);
  store.secret_changes(kKeys);
  store.remove_secret(kKeys, first);  // what the first reading brought
  (void)store.secret_heard(kKeys, view_time());
  CHECK(Snapshot(store.contents()).secrets().at(0).as_of == first);
  const Time second = view_time();
  store.remove_secret(kKeys, second);
  const Time heard = second + 1ms;
  (void)store.secret_heard(kKeys, heard);
  CHECK(Snapshot(store.contents()).secrets().at(0).as_of == heard);
}

TEST_CASE("objects of a kind that may no longer be read are not judged on") {
  Store store;
  store.set_kinds(both());
  const auto sink = store.sink(kDaemonSets);
  sink->begin_list();
  sink->put(test::object(kPortworx).root());
  sink->end_list();
  REQUIRE(Snapshot(store.contents()).objects().size() == 1);
  sink->failed(failure(Failure::Kind::Unreachable));
  CHECK(Snapshot(store.contents()).objects().size() == 1);
  sink->failed(failure(Failure::Kind::Forbidden));
  CHECK(Snapshot(store.contents()).objects().empty());
  CHECK(Snapshot(store.contents()).is_partial());
  sink->heard();
  CHECK(Snapshot(store.contents()).objects().size() == 1);
}

TEST_CASE("what could not be read after a change grows old, however often its watch is heard") {
  Store store;
  store.set_secrets({kKeys});
  const Time read_at = view_time() - 1min;
  store.remove_secret(kKeys, read_at);
  store.secret_changes(kKeys);
  store.secret_failed(kKeys, failure(Failure::Kind::Unreachable));
  (void)store.secret_heard(kKeys, view_time());
  CHECK(Snapshot(store.contents()).secrets().at(0).as_of == read_at);
}

TEST_CASE(
    "a list of more Secrets than are read is a partial view, and says how many it leaves out") {
  ReadOptions options{.portworx_namespace = "kube-system"};
  for (int i = 0; i < 70; ++i) options.secrets.push_back("key-" + std::to_string(i));
  options.secrets.push_back("kube-system/key-0");  // twice is once
  Store store;
  store.set_kinds(both());
  store.replace(kDaemonSets, {});
  store.replace(kClasses, {});
  const auto [names, left_out] = wanted_secrets(store, options);
  CHECK(names.size() == 64);
  CHECK(left_out == 6);
  CHECK_FALSE(Snapshot(store.contents()).is_partial());
  store.set_secrets({}, left_out);
  CHECK(Snapshot(store.contents()).is_partial());
  CHECK(Snapshot(store.contents()).secrets_left_out() == 6);
}

TEST_CASE("a Secret that leaves the list is forgotten") {
  Store store;
  store.set_secrets({kKeys});
  store.remove_secret(kKeys, view_time());
  REQUIRE(Snapshot(store.contents()).secrets().size() == 1);
  store.set_secrets({});
  CHECK(Snapshot(store.contents()).secrets().empty());
  store.remove_secret(kKeys, view_time());  // what is still under way
  CHECK(Snapshot(store.contents()).secrets().empty());
}

}  // namespace
}  // namespace pxguard::cluster
