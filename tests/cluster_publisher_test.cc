// Reports on their way to an API server: written once, only on change, under the Lease.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cluster/publisher.h"
#include "tests/support/fake_api.h"

namespace pxguard::cluster {
namespace {

using namespace std::chrono_literals;
using test::FakeApi;

const std::string kReport =
    "/apis/wgpolicyk8s.io/v1alpha2/namespaces/kube-system/policyreports/pxguard";
const std::string kClusterReport = "/apis/wgpolicyk8s.io/v1alpha2/clusterpolicyreports/pxguard";
const std::string kLeasePath =
    "/apis/coordination.k8s.io/v1/namespaces/pxguard/leases/pxguard-reports";

class Replica {
 public:
  Replica(FakeApi& api, std::string name)
      : api_(api), publisher_({.lease = {.ns = "pxguard"}, .me = std::move(name), .now = [this] {
                                 return Lease::Now{SeenLease::Clock::time_point(now), {}};
                               }}) {}

  Publisher::Outcome publish(std::vector<NamespaceReport> reports, bool looks = false) {
    return publisher_.publish(*api_.connect(), std::move(reports), looks);
  }

  std::chrono::seconds now = 1000s;

 private:
  FakeApi& api_;
  Publisher publisher_;
};

std::vector<NamespaceReport> reports_saying(const std::string& message) {
  return {{.ns = ""},
          {.ns = "kube-system",
           .entries = {{.outcome = ReportEntry::Outcome::Error,
                        .object = {"apps/v1", "Deployment", "kube-system", "stork"},
                        .rule = "PXS202",
                        .message = message}}}};
}

std::string holder(const FakeApi& api) {
  return api.get(kLeasePath).at("spec").value("holderIdentity", "");
}

}  // namespace

TEST_CASE("what is new is written under the Lease, which is let go; then nothing is written") {
  FakeApi api;
  api.serve("wgpolicyk8s.io");
  Replica replica(api, "a");
  const auto first = replica.publish(reports_saying("bad"));
  CHECK(first.apis == 1);
  CHECK(first.written == 2);
  CHECK_FALSE(first.failure);
  CHECK_FALSE(first.again_after);
  CHECK(api.take_writes().size() == 4);  // take, two reports, let go
  CHECK(holder(api).empty());
  CHECK(api.get(kReport).at("results").at(0).at("message") == "bad");
  CHECK(replica.publish(reports_saying("bad")).written == 0);
  CHECK(replica.publish(reports_saying("bad"), true).written == 0);
  CHECK(api.take_writes().empty());
}

TEST_CASE("another replica, and one that begins anew, find it written and write nothing") {
  FakeApi api;
  api.serve("wgpolicyk8s.io");
  Replica(api, "a").publish(reports_saying("bad"));
  api.take_writes();
  CHECK(Replica(api, "b").publish(reports_saying("bad")).written == 0);
  CHECK(api.take_writes().empty());
}

TEST_CASE("both APIs are written where both are served, and none where none is") {
  FakeApi api;
  Replica replica(api, "a");
  const auto none = replica.publish(reports_saying("bad"));
  CHECK(none.apis == 0);
  CHECK_FALSE(none.failure);
  CHECK(api.take_writes().empty());
  api.serve("wgpolicyk8s.io");
  api.serve("openreports.io");
  CHECK(replica.publish(reports_saying("bad"), true).written == 4);
  CHECK(
      api.get("/apis/openreports.io/v1alpha1/namespaces/kube-system/reports/pxguard").at("kind") ==
      "Report");
}

TEST_CASE("only the report that changed is written; that of an empty namespace is taken away") {
  FakeApi api;
  api.serve("wgpolicyk8s.io");
  Replica replica(api, "a");
  replica.publish(reports_saying("bad"));
  api.take_writes();
  CHECK(replica.publish(reports_saying("worse")).written == 1);
  CHECK(api.take_writes().at(1) == "PATCH " + kReport);
  const auto outcome = replica.publish({{.ns = ""}});
  CHECK(outcome.removed == 1);
  CHECK(api.get(kReport).is_null());
  CHECK_FALSE(api.get(kClusterReport).is_null());
}

TEST_CASE("a report that somebody took away is written again at the next look") {
  FakeApi api;
  api.serve("wgpolicyk8s.io");
  Replica replica(api, "a");
  replica.publish(reports_saying("bad"));
  api.remove(kReport);
  CHECK(replica.publish(reports_saying("bad")).written == 0);
  CHECK(replica.publish(reports_saying("bad"), true).written == 1);
}

TEST_CASE("two replicas that know different things do not overwrite each other for ever") {
  FakeApi api;
  api.serve("wgpolicyk8s.io");
  Replica a(api, "a");
  Replica b(api, "b");
  a.publish(reports_saying("as a sees it"));
  b.publish(reports_saying("as b sees it"));
  api.take_writes();
  for (int i = 0; i < 3; ++i) {
    a.publish(reports_saying("as a sees it"), true);
    b.publish(reports_saying("as b sees it"), true);
  }
  CHECK(api.take_writes().empty());
  CHECK(a.publish(reports_saying("a sees more now")).written == 1);
}

TEST_CASE("whoever finds the Lease held waits; of a dead holder only for its duration") {
  FakeApi api;
  api.serve("wgpolicyk8s.io");
  api.put(
      "apiVersion: coordination.k8s.io/v1\nkind: Lease\n"
      "metadata: {name: pxguard-reports, namespace: pxguard}\n"
      "spec: {holderIdentity: dead, leaseDurationSeconds: 30}\n");
  Replica replica(api, "a");
  const auto busy = replica.publish(reports_saying("bad"));
  CHECK(busy.written == 0);
  CHECK_FALSE(busy.failure);
  CHECK(busy.again_after);
  CHECK(api.take_writes().empty());
  replica.now += 29s;
  CHECK(replica.publish(reports_saying("bad")).again_after);
  replica.now += 1s;
  CHECK(replica.publish(reports_saying("bad")).written == 2);
  CHECK(api.get(kLeasePath).at("spec").at("leaseTransitions") == 1);
  CHECK(holder(api).empty());
}

TEST_CASE("without the right to write the Lease is let go, and the failure is said") {
  FakeApi api;
  api.serve("wgpolicyk8s.io");
  Replica replica(api, "a");
  api.forbid("/policyreports/pxguard");
  const auto outcome = replica.publish(reports_saying("bad"));
  CHECK(outcome.written == 1);
  REQUIRE(outcome.failure);
  CHECK(outcome.failure->kind == Failure::Kind::Forbidden);
  CHECK(outcome.again_after);
  CHECK(holder(api).empty());
  api.allow_everything();
  CHECK(replica.publish(reports_saying("bad")).written == 1);
}

TEST_CASE("reports belong to the ClusterRole of pxguard, so that they go with it") {
  FakeApi api;
  api.serve("wgpolicyk8s.io");
  api.put(
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: pxguard, uid: "
      "u-1}\n");
  Replica replica(api, "a");
  replica.publish(reports_saying("bad"));
  for (const std::string& path : {kReport, kClusterReport}) {
    const auto owner = api.get(path).at("metadata").at("ownerReferences").at(0);
    CHECK(owner.at("kind") == "ClusterRole");
    CHECK(owner.at("uid") == "u-1");
  }
}

}  // namespace pxguard::cluster
