// pxguard audit on a cluster in memory: what it shows, how it ends, and that no value of a Secret
// is in anything that it says or writes.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/audit.h"
#include "cli/check.h"
#include "cli/facts.h"
#include "cli/judge_cluster.h"
#include "cli/published_reports.h"
#include "cluster/read_cluster.h"
#include "tests/support/contains.h"
#include "tests/support/fake_api.h"
#include "tests/support/folder.h"

namespace pxguard::cli {
namespace {

using test::contains;

using nlohmann::json;
using test::FakeApi;
using test::Folder;

const auto kNow = parse_time("2026-11-29T07:00:00Z").value();

// Stork signs with another key than Portworx knows, a literal stands in an argument of Portworx,
// the admin token's Secret does not exist, and a pod is older than the key that it reads.
constexpr std::string_view kWorkloads = R"(apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: portworx
  namespace: kube-system
  annotations: {note: canary-annotation, kubectl.kubernetes.io/last-applied-configuration: canary-applied}
spec:
  template:
    spec:
      containers:
      - name: portworx
        image: portworx/oci-monitor:3.1.0
        args: [-c, px-prod, -jwt_issuer, portworx.com]
        env:
        - {name: PORTWORX_AUTH_SYSTEM_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}}
        - {name: PORTWORX_AUTH_SYSTEM_APPS_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: stork-secret}}}
        - {name: PORTWORX_AUTH_JWT_SHAREDSECRET, value: canary-literal-of-the-daemonset-0123456789}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stork, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: stork
        image: openstorage/stork:24.3.0
        command: [/stork, --driver=pxd]
        env:
        - {name: PX_SHARED_SECRET, valueFrom: {secretKeyRef: {name: pxkeys, key: shared-secret}}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: px-secure}
provisioner: pxd.portworx.com
parameters:
  csi.storage.k8s.io/provisioner-secret-name: px-user-token
  csi.storage.k8s.io/provisioner-secret-namespace: kube-system
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  namespace: shop
  annotations: {volume.kubernetes.io/storage-provisioner: pxd.portworx.com}
spec: {storageClassName: px-secure}
)";

constexpr std::string_view kSecrets = R"(apiVersion: v1
kind: Secret
metadata:
  name: pxkeys
  namespace: kube-system
  annotations: {note: canary-note}
  managedFields:
  - {manager: kubectl, operation: Update, time: "2026-11-28T07:00:00Z", fieldsV1: {f:data: {}}}
stringData:
  system-secret: canary-system-0123456789abcdef0123456789abcdef
  stork-secret: canary-apps-0123456789abcdef0123456789abcdef
  shared-secret: canary-shared-0123456789abcdef0123456789abcdef
)";

constexpr std::string_view kPod = R"(apiVersion: v1
kind: Pod
metadata:
  name: portworx-x7k2p
  namespace: kube-system
  ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: portworx, uid: u, controller: true}]
spec:
  containers:
  - name: portworx
    image: portworx/oci-monitor:3.1.0
    args: [-c, px-prod, -jwt_issuer, portworx.com]
    env:
    - {name: PORTWORX_AUTH_SYSTEM_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}}
    - {name: PORTWORX_AUTH_SYSTEM_APPS_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: stork-secret}}}
    - {name: PORTWORX_AUTH_JWT_SHAREDSECRET, value: canary-literal-of-the-pod-0123456789abcdefgh}
status: {startTime: "2026-11-20T07:00:00Z"}
)";

policy::Policy policy_of_tests() {
  auto policy = policy::Policy::defaults();
  policy.secrets = {"pxkeys", "px-user-token"};
  return policy;
}

struct Outcome {
  int status = 0;
  std::string out{};
  std::string err{};
  json report{};
};

Outcome audit_of(FakeApi& api, AuditOptions options = {},
                 policy::Policy policy = policy_of_tests()) {
  const auto client = api.connect();
  const auto snapshot = cluster::read_cluster(*client, {.secrets = policy.secrets});
  REQUIRE(snapshot);
  const Audited audited{
      .snapshot = **snapshot, .server = "https://10.0.0.1:6443", .kubernetes = "1.31.4"};
  std::ostringstream out;
  std::ostringstream err;
  const int status =
      audit(options, {.out = out, .err = err, .now = kNow}, audited, std::move(policy));
  Outcome outcome{.status = status, .out = out.str(), .err = err.str()};
  if (!options.delivery.formats.empty()) outcome.report = json::parse(outcome.out);
  return outcome;
}

Outcome json_of(FakeApi& api, AuditOptions options = {}) {
  options.delivery.formats = {"json"};
  return audit_of(api, std::move(options));
}

std::vector<std::string> rules_of(const json& report, std::string_view severity) {
  std::vector<std::string> rules;
  for (const json& finding : report.at("findings")) {
    if (finding.at("severity") == severity) rules.push_back(finding.at("rule"));
  }
  return rules;
}

bool has(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

void put_everything(FakeApi& api) {
  api.put(kWorkloads);
  api.put(kSecrets);
  api.put(kPod);
}

}  // namespace

TEST_CASE("an audit finds what is wrong between objects, by the bytes of Secrets too") {
  FakeApi api;
  put_everything(api);
  const Outcome outcome = json_of(api);
  CHECK(outcome.status == kFindings);
  const auto errors = rules_of(outcome.report, "error");
  CHECK(has(errors, "PXS202"));  // other bytes
  CHECK(outcome.report.at("cluster").at("server") == "https://10.0.0.1:6443");
  CHECK(outcome.report.at("cluster").at("kubernetes") == "1.31.4");
  CHECK(outcome.report.at("errors").empty());
}

TEST_CASE("what is absent in a cluster is absent: an error, where files would not know") {
  FakeApi api;
  put_everything(api);
  const Outcome outcome = json_of(api);
  bool is_said = false;
  for (const json& finding : outcome.report.at("findings")) {
    is_said = is_said || (finding.at("severity") == "error" &&
                          finding.at("object").at("name") == "px-secure" &&
                          contains(finding.dump(), "px-user-token"));
  }
  CHECK(is_said);
}

TEST_CASE("pods that are older than the keys that they read are told of; they are not judged") {
  FakeApi api;
  put_everything(api);
  const Outcome outcome = json_of(api);
  CHECK(has(rules_of(outcome.report, "warning"), "PXS901"));
  for (const json& finding : outcome.report.at("findings"))
    CHECK(finding.at("object").at("kind") != "Pod");
}

TEST_CASE("objects that would be refused today are counted") {
  FakeApi api;
  put_everything(api);
  const Outcome outcome = json_of(api);
  CHECK(outcome.report.at("cluster").at("refused").get<int>() > 0);
  CHECK(contains(audit_of(api).out, "would be refused if"));
}

TEST_CASE("a cluster in order is clean: exit status 0") {
  FakeApi api;
  api.put(
      "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: gp3}\n"
      "provisioner: ebs.csi.aws.com\n");
  api.put(
      "apiVersion: core.libopenstorage.org/v1\nkind: StorageCluster\n"
      "metadata: {name: px, namespace: kube-system}\n"
      "spec: {image: 'portworx/oci-monitor:3.1.0', stork: {enabled: false}}\n");
  const Outcome outcome = audit_of(api);
  CHECK(outcome.status == kFine);
  CHECK_FALSE(contains(outcome.out, "PARTIAL"));
}

TEST_CASE("a partial audit never looks clean: what was not read comes first, exit status 3") {
  FakeApi api;
  api.put(
      "apiVersion: core.libopenstorage.org/v1\nkind: StorageCluster\n"
      "metadata: {name: px, namespace: kube-system}\n"
      "spec: {image: 'portworx/oci-monitor:3.1.0', stork: {enabled: false}}\n");
  api.forbid("/deployments");
  api.forbid("/secrets/pxkeys");
  const Outcome text = audit_of(api);
  CHECK(text.status == kUnavailable);
  CHECK(text.out.find("PARTIAL: 2 parts of the cluster could not be read") < 200);
  CHECK(contains(text.out, "Deployment: forbidden; grant get, list and watch on deployments.apps"));
  CHECK(contains(text.out, "Secret kube-system/pxkeys: forbidden"));
  const Outcome as_json = json_of(api);
  CHECK(as_json.status == kUnavailable);
  CHECK(as_json.report.at("errors").size() == 2);
}

TEST_CASE("findings count more than what could not be read") {
  FakeApi api;
  put_everything(api);
  api.forbid("/configmaps");
  CHECK(audit_of(api).status == kFindings);
  AuditOptions never;
  never.delivery.fail_on = FailOn::Never;
  CHECK(audit_of(api, never).status == kUnavailable);
}

TEST_CASE("a cluster without anything of Portworx is nothing to judge: exit status 3") {
  FakeApi api;
  const Outcome outcome = audit_of(api);
  CHECK(outcome.status == kUnavailable);
  CHECK(contains(outcome.out, "There was nothing to judge"));
}

TEST_CASE("two audits of the same cluster give the same bytes") {
  FakeApi api;
  put_everything(api);
  CHECK(audit_of(api).out == audit_of(api).out);
  CHECK(json_of(api).out == json_of(api).out);
}

TEST_CASE("no value of a Secret, a literal or an annotation is in what an audit says and writes") {
  FakeApi api;
  put_everything(api);
  const Folder folder;
  AuditOptions options;
  options.export_facts = folder.path("facts.yaml");
  const Outcome text = audit_of(api, options);
  CHECK_FALSE(contains(text.out, "canary"));
  CHECK_FALSE(contains(text.err, "canary"));
  CHECK_FALSE(contains(json_of(api).out, "canary"));
  CHECK_FALSE(contains(test::read(options.export_facts), "canary"));
}

TEST_CASE("exported facts are a file for check --facts, for its owner alone") {
  FakeApi api;
  put_everything(api);
  const Folder folder;
  AuditOptions options;
  options.export_facts = folder.path("facts.yaml");
  audit_of(api, options);
  struct stat status {};
  REQUIRE(::stat(options.export_facts.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const ParsedFacts parsed = parse_facts(test::read(options.export_facts));
  for (const Error& error : parsed.errors) FAIL_CHECK(error.line, ": ", error.message);
  CHECK(parsed.facts.kubernetes.has_value());
  REQUIRE(parsed.facts.known.secrets.size() == 1);
  CHECK(parsed.facts.known.secrets.front().key("system-secret") != nullptr);
  CHECK(parsed.facts.known.objects.size() == 4);
  CHECK(parsed.facts.known.absent.size() == 1);
}

TEST_CASE("words of exported facts are equal where values are, and the same in every run") {
  FakeApi api;
  api.put(kWorkloads);
  std::string secrets(kSecrets);
  secrets.replace(secrets.find("canary-shared"), 13, "canary-apps");
  api.put(secrets);
  const Folder folder;
  AuditOptions options;
  options.export_facts = folder.path("facts.yaml");
  audit_of(api, options);
  const std::string first = test::read(options.export_facts);
  const json keys = json::parse(first).at("secrets").at(0).at("keys");
  CHECK(keys.at("stork-secret") == keys.at("shared-secret"));
  CHECK(keys.at("stork-secret") != keys.at("system-secret"));
  audit_of(api, options);
  CHECK(test::read(options.export_facts) == first);
}

TEST_CASE("check --facts says of the same manifests what the audit said of the cluster") {
  FakeApi api;
  put_everything(api);
  const Folder folder;
  AuditOptions options;
  options.export_facts = folder.path("facts.yaml");
  options.delivery.formats = {"json"};
  const Outcome audited = audit_of(api, options);
  const std::string manifests = folder.put("manifests/all.yaml", kWorkloads);
  CheckOptions check_options{.paths = {manifests}, .facts = options.export_facts};
  check_options.delivery.formats = {"json"};
  std::ostringstream out;
  std::ostringstream err;
  check(check_options, {.out = out, .err = err, .now = kNow});
  INFO(err.str());
  const auto said = [](const json& report) {
    std::string findings;
    for (const json& finding : report.at("findings")) {
      // Values, and pods that run, are nothing that facts know.
      if (finding.at("object").at("kind") == "Secret" || finding.at("rule") == "PXS901" ||
          finding.at("rule") == "PXS907")
        continue;
      findings += finding.at("object").at("name").get<std::string>() + ' ' +
                  finding.at("rule").get<std::string>() + ' ' +
                  finding.at("severity").get<std::string>() + '\n';
    }
    return findings;
  };
  const auto sorted = [&said](const json& report) {
    std::vector<std::string> lines;
    std::istringstream text(said(report));
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return join(lines, "\n");
  };
  CHECK(sorted(json::parse(out.str())) == sorted(audited.report));
}

TEST_CASE("facts that cannot be written are our own failure, and leave nothing behind") {
  FakeApi api;
  put_everything(api);
  AuditOptions options;
  options.export_facts = "/nonexistent/folder/facts.yaml";
  const Outcome outcome = audit_of(api, options);
  CHECK(outcome.status == kOwnFault);
  CHECK(contains(outcome.err, "the facts cannot be written"));
}

TEST_CASE("an exception in use and an expired one are both in the report") {
  FakeApi api;
  put_everything(api);
  auto policy = policy_of_tests();
  const rules::Rule* rule = nullptr;
  for (const rules::Rule* one : rules::catalogue()) {
    if (one->id == "PXS202") rule = one;
  }
  policy.exceptions = {{.rule = rule,
                        .selector = {.kind = {}, .ns = {}, .name = "stork", .labels = {}},
                        .reason = "until the rotation",
                        .expires = kNow + std::chrono::hours(24),
                        .expires_text = "2026-11-30"}};
  CHECK(contains(audit_of(api, {}, policy).out, "until 2026-11-30: until the rotation"));
  policy.exceptions[0].expires = kNow;
  CHECK(contains(audit_of(api, {}, policy).out, "not excepted any longer"));
}

TEST_CASE("what is published: a report for each namespace, and what is new as an Event") {
  FakeApi api;
  put_everything(api);
  const auto policy = policy_of_tests();
  const auto snapshot = cluster::read_cluster(*api.connect(), {.secrets = policy.secrets});
  REQUIRE(snapshot);
  const report::Report report =
      judge_cluster({.snapshot = **snapshot, .view = **snapshot, .policy = policy, .now = kNow});
  const auto reports = published_reports(report, judged_objects(**snapshot));
  std::vector<std::string> namespaces;
  std::size_t errors = 0;
  for (const auto& one : reports) {
    namespaces.push_back(one.ns);
    for (const auto& entry : one.entries)
      errors += entry.outcome == cluster::ReportEntry::Outcome::Error ? 1 : 0;
  }
  CHECK(namespaces == std::vector<std::string>{"", "kube-system", "shop"});
  CHECK(errors == report.summary().errors);
  CHECK(drift_events(report, faults_of(report), judged_objects(**snapshot)).empty());
  const auto events = drift_events(report, {}, judged_objects(**snapshot));
  REQUIRE_FALSE(events.empty());
  for (const auto& event : events) {
    CHECK_FALSE(contains(event.note, "canary"));
    CHECK(event.uid.starts_with("uid-"));
  }
}

}  // namespace pxguard::cli
