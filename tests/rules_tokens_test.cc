// What rules about tokens say at admission, where examples show what stands already.
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/said.h"

namespace pxguard::rules {
namespace {

using test::Said;
using test::said;

constexpr std::string_view kCluster = R"({apiVersion: core.libopenstorage.org/v1,
 kind: StorageCluster, metadata: {name: px, namespace: portworx},
 spec: {secretsProvider: vault, security: {enabled: true, auth: {guestAccess: Disabled}}}}
)";
constexpr std::string_view kClusterWithGuests = R"({apiVersion: core.libopenstorage.org/v1,
 kind: StorageCluster, metadata: {name: px, namespace: portworx},
 spec: {security: {enabled: true}}}
)";

std::string storage_class(std::string_view name, std::string_view rest) {
  return "---\n{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " +
         std::string(name) + "}, " + std::string(rest) + "}\n";
}

std::string migration(std::string_view ns, std::string_view metadata = {}) {
  return "---\n{apiVersion: stork.libopenstorage.org/v1alpha1, kind: Migration, metadata: {name: "
         "move, namespace: " +
         std::string(ns) + std::string(metadata) + "}, spec: {clusterPair: dr}}\n";
}

TEST_CASE("a leader is warned about its provider of secrets at admission alone") {
  const std::string text = std::string(kCluster) +
                           storage_class("a",
                                         "provisioner: kubernetes.io/portworx-volume, parameters: "
                                         "{openstorage.io/auth-secret-name: t, "
                                         "openstorage.io/auth-secret-namespace: portworx}");
  const Said leader = said("PXS609", text, 0, Moment::Admission);
  REQUIRE(leader.findings.size() == 1);
  CHECK(leader.findings[0].severity == Severity::Warning);
  CHECK(said("PXS609", text, 0, Moment::Report).findings.empty());
  CHECK(said("PXS609", text, 1, Moment::Report).findings.size() == 1);
}

TEST_CASE("the name of a class of the operator grants nothing at admission") {
  const std::string text =
      std::string(kCluster) + storage_class("px-csi-db", "provisioner: pxd.portworx.com");
  CHECK(said("PXS601", text, 1, Moment::Report).findings.empty());
  REQUIRE(said("PXS601", text, 1, Moment::Admission).findings.size() == 1);
  CHECK(said("PXS601", text, 1, Moment::Admission).findings[0].severity == Severity::Error);
}

TEST_CASE("a child of a schedule is never denied, and reported with its parent") {
  constexpr std::string_view kOwned =
      ", ownerReferences: [{apiVersion: stork.libopenstorage.org/v1alpha1, kind: "
      "MigrationSchedule, name: a}]";
  const std::string text = std::string(kCluster) + migration("a", kOwned);
  CHECK(said("PXS701", text, 1, Moment::Report).findings.empty());
  const Said child = said("PXS701", text, 1, Moment::Admission);
  REQUIRE(child.findings.size() == 1);
  CHECK(child.findings[0].severity == Severity::Warning);
}

TEST_CASE("who loses guest access is listed, without names of other namespaces") {
  const std::string text = std::string(kCluster) +
                           storage_class("gold", "provisioner: pxd.portworx.com") +
                           migration("team-a");
  const Said list = said("PXS906", text, 0, Moment::Admission, kClusterWithGuests);
  REQUIRE(list.findings.size() == 1);
  CHECK(list.findings[0].found == "without a token: StorageClass gold, 1 more");
  CHECK(list.findings[0].at_admission == Action::Warn);
  CHECK(list.unverified.size() == 1);
  const std::string others = std::string(kCluster) + migration("team-a") + migration("team-b");
  CHECK(said("PXS906", others, 0, Moment::Admission, kClusterWithGuests).findings.at(0).found ==
        "without a token: 2 in other namespaces");
  CHECK(said("PXS906", text, 0, Moment::Admission, kCluster).findings.empty());
}

TEST_CASE("where no Portworx is in view the rules wait for it") {
  const std::string text = storage_class("gold", "provisioner: pxd.portworx.com");
  const Said unknown = said("PXS601", text, 0, Moment::Admission);
  CHECK(unknown.findings.empty());
  CHECK(unknown.unverified.size() == 1);
  const std::string fine = storage_class("ebs", "provisioner: ebs.csi.aws.com");
  CHECK(said("PXS601", fine, 0, Moment::Admission).unverified.empty());
}

}  // namespace
}  // namespace pxguard::rules
