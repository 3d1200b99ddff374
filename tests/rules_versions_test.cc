// PXS506 where examples do not reach: at admission, and where a version is unknown. The table of
// versions is the same in the code and in docs/versions.md.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/limits.h"
#include "rules/model/versions.h"
#include "tests/support/said.h"

namespace pxguard::rules {
namespace {

using test::Said;
using test::said;

std::string daemon_set(std::string_view image) {
  return "---\n{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: portworx, namespace: "
         "kube-system}, spec: {template: {spec: {containers: [{name: portworx, image: '" +
         std::string(image) +
         "', args: [-c, px, -jwt_issuer, example.com], env: [{name: PORTWORX_AUTH_SYSTEM_KEY, "
         "valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}}]}]}}}}\n";
}

std::string stork(std::string_view image, std::string_view ns = "kube-system") {
  return "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: stork, namespace: " +
         std::string(ns) + "}, spec: {template: {spec: {containers: [{name: stork, image: '" +
         std::string(image) +
         "', command: [/stork, --driver=pxd], env: [{name: PX_NAMESPACE, value: kube-system}]}]}}}}"
         "\n";
}

std::string cluster(std::string_view image, std::string_view auth = "{}") {
  return "---\n{apiVersion: core.libopenstorage.org/v1, kind: StorageCluster, metadata: {name: px, "
         "namespace: portworx}, spec: {image: '" +
         std::string(image) + "', security: {enabled: true, auth: " + std::string(auth) + "}}}\n";
}

std::string portworx_operator(std::string_view image) {
  return "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: portworx-operator, "
         "namespace: portworx}, spec: {template: {spec: {containers: [{name: portworx-operator, "
         "image: '" +
         std::string(image) + "'}]}}}}\n";
}

Said at_admission(const std::string& text, std::size_t index) {
  return said("PXS506", text, index, Moment::Admission);
}
Said in_report(const std::string& text, std::size_t index) {
  return said("PXS506", text, index, Moment::Report);
}

TEST_CASE("docs/versions.md has the table of rules/model/versions.h, and nothing else in it") {
  const std::string root = PXGUARD_SOURCE_DIR;
  const auto page = read_file(root + "/docs/versions.md", limits::kPolicyFile);
  REQUIRE(page);
  std::size_t end = page->find("| --- |");
  for (const model::VersionFact& fact : model::kVersionFacts) {
    const std::string row = "| " + std::string(fact.component) + " | " + fact.since.display() +
                            " | " + std::string(fact.what) + " | " + std::string(fact.source) +
                            " |\n";
    CAPTURE(row);
    const std::size_t at = page->find(row);
    REQUIRE(at != std::string::npos);
    CHECK(at == page->find('\n', end) + 1);  // the next row
    end = at;
  }
  CHECK(page->substr(page->find('\n', end), 2) == "\n\n");
}

TEST_CASE("every version of rules/model/versions.h has its row") {
  const std::string root = PXGUARD_SOURCE_DIR;
  const auto header = read_file(root + "/rules/model/versions.h", limits::kPolicyFile);
  REQUIRE(header);
  std::size_t constants = 0;
  constexpr std::string_view kConstant = "\ninline constexpr Version k";
  for (std::size_t at = header->find(kConstant); at != std::string::npos;
       at = header->find(kConstant, at + 1))
    ++constants;
  CHECK(constants == model::kVersionFacts.size());
  std::set<std::pair<std::string_view, model::Version>> known;
  for (const model::VersionFact& fact : model::kVersionFacts)
    CHECK(known.emplace(fact.component, fact.since).second);
}

TEST_CASE("whoever changes Portworx is told of a Stork that does not fit, and only warned") {
  const std::string text = daemon_set("portworx/oci-monitor:2.6.0") + stork("stork:2.4.2");
  const Said leader = at_admission(text, 0);
  REQUIRE(leader.findings.size() == 1);
  CHECK(leader.findings[0].at_admission == Action::Warn);
  CHECK(leader.findings[0].at.display() == "spec.template.spec.containers[portworx].image");
  CHECK(leader.findings[0].found.find("Deployment kube-system/stork") != std::string::npos);
  CHECK(in_report(text, 0).findings.empty());
  const Said follower = at_admission(text, 1);
  REQUIRE(follower.findings.size() == 1);
  CHECK(follower.findings[0].at_admission == Action::Deny);
  CHECK(follower.findings[0].severity == Severity::Error);
}

TEST_CASE("a Stork in another namespace is not named") {
  const std::string text =
      daemon_set("portworx/oci-monitor:2.6.0") + stork("stork:2.4.2", "hidden-place");
  const Said leader = at_admission(text, 0);
  REQUIRE(leader.findings.size() == 1);
  CHECK(leader.findings[0].found.find("hidden-place") == std::string::npos);
}

TEST_CASE("whoever turns security on is told of an operator that is too old") {
  const std::string text = cluster("portworx/oci-monitor:3.1.0", "{guestAccess: Disabled}") +
                           portworx_operator("portworx/px-operator:23.10.0");
  const Said leader = at_admission(text, 0);
  REQUIRE(leader.findings.size() == 1);
  CHECK(leader.findings[0].at_admission == Action::Warn);
  CHECK(leader.findings[0].at.display() == "spec.security");
  CHECK(in_report(text, 0).findings.empty());
  CHECK(in_report(text, 1).findings.size() == 1);
}

TEST_CASE("an unknown version is no finding, and said where security is on") {
  const char* const kUnknown[] = {"stork@sha256:00", "stork", "stork:latest", "stork:gold-7",
                                  "registry.example:5000/stork"};
  for (const char* const image : kUnknown) {
    CAPTURE(image);
    const Said secured = in_report(daemon_set("portworx/oci-monitor:3.1.0") + stork(image), 1);
    CHECK(secured.findings.empty());
    CHECK(secured.unverified == std::vector<std::string>{"the version of Stork"});
  }
  const Said portworx = in_report(daemon_set("portworx/oci-monitor@sha256:00"), 0);
  CHECK(portworx.findings.empty());
  CHECK(portworx.unverified == std::vector<std::string>{"the version of Portworx"});
  const std::string text = cluster("portworx/oci-monitor:3.1.0") + portworx_operator("px-operator");
  CHECK(in_report(text, 1).unverified ==
        std::vector<std::string>{"the version of the Portworx operator"});
}

TEST_CASE("what cannot matter is not even unverified") {
  const std::string secured = daemon_set("portworx/oci-monitor:3.1.0");
  CHECK(in_report(secured + stork("stork:24.3.0"), 1).unverified.empty());
  CHECK(in_report(stork("stork:24.3.0"), 0).unverified.empty());
  CHECK(in_report(stork("stork:2.4.2"), 0).unverified.size() == 1);
  CHECK(in_report(portworx_operator("px-operator:25.1.0"), 0).unverified.empty());
  CHECK(in_report(cluster("portworx/oci-monitor:3.1.0"), 0).unverified.empty());
}

TEST_CASE("an old Stork beside a Portworx of unknown version is unverified") {
  const std::string text = daemon_set("portworx/oci-monitor@sha256:00") + stork("stork:2.4.2");
  const Said follower = in_report(text, 1);
  CHECK(follower.findings.empty());
  CHECK(follower.unverified ==
        std::vector<std::string>{
            "the version of Portworx",
            "the BackupLocations of this cluster, to tell whether one is of type nfs"});
}

// --- Several containers of Portworx in one pod ---------------------------------------------------

std::string containers(std::string_view list) {
  return "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: portworx, namespace: "
         "kube-system}, spec: {updateStrategy: {type: OnDelete}, template: {spec: {containers: [" +
         std::string(list) + "]}}}}\n";
}
constexpr std::string_view kSecured =
    "image: 'portworx/oci-monitor:3.1.0', args: [-c, px, -jwt_issuer, example.com], env: [{name: "
    "PORTWORX_AUTH_SYSTEM_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}}]}";
constexpr std::string_view kOpen = "image: 'portworx/oci-monitor:3.1.0', args: [-c, px]}";

std::string named(std::string_view name, std::string_view rest) {
  return "{name: " + std::string(name) + ", " + std::string(rest);
}

bool is_turned_off(const std::string& before, const std::string& now) {
  return !said("PXS904", now, 0, Moment::Admission, before).findings.empty();
}

TEST_CASE("a container is compared with the one that it was, whatever stands before it") {
  const std::string before = containers(named("portworx", kSecured));
  const std::string decoy = named("decoy", kSecured) + ", ";
  CHECK(is_turned_off(before, containers(decoy + named("portworx", kOpen))));
  CHECK_FALSE(is_turned_off(before, containers(decoy + named("portworx", kSecured))));
}

TEST_CASE("a container with a new name is compared with one whose name is gone") {
  const std::string before = containers(named("a", kOpen) + ", " + named("b", kSecured));
  CHECK(is_turned_off(before, containers(named("a", kOpen) + ", " + named("c", kOpen))));
  CHECK(is_turned_off(containers(named("a", kSecured)), containers(named("c", kOpen))));
}

TEST_CASE("what two containers say of the object as a whole is said once") {
  const std::string before = containers(named("a", kOpen) + ", " + named("b", kOpen));
  const std::string now = containers(named("a", kSecured) + ", " + named("b", kSecured));
  const Said both = said("PXS907", now, 0, Moment::Admission, before);
  const auto slow =
      std::count_if(both.findings.begin(), both.findings.end(),
                    [](const Finding& finding) { return finding.reference == "OnDelete"; });
  CHECK(slow == 1);
}

}  // namespace
}  // namespace pxguard::rules
