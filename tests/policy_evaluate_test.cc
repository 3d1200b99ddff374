#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "cli/manifest/manifest_set.h"
#include "rules/policy/evaluate.h"
#include "rules/policy/words.h"
#include "tests/support/objects.h"

using namespace pxguard;
using namespace std::chrono_literals;
using model::Object;
using policy::Because;
using policy::Mode;
using policy::Policy;
using policy::Subject;
using policy::Verdict;
using rules::Action;
using rules::Operation;

namespace {

const model::EmptyView kNothing;
const policy::Time kNow = std::chrono::sys_days{2026y / 11 / 23} + 12h;

struct Px {
  std::string annotations = "";
  std::string image = "portworx/oci-monitor:3.1.0";
  std::string metadata = "";
  std::string system_key =
      "{name: PORTWORX_AUTH_SYSTEM_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: "
      "system-secret}}},";
  std::string apps_key = "pxkeys, key: stork-secret";
  std::string issuer = "portworx.com";
  std::string beside = "";  // another container, before Portworx

  [[nodiscard]] std::string text() const {
    return "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: portworx, namespace: "
           "kube-system, annotations: {" +
           annotations + "}" + metadata + "}\nspec: {template: {spec: {containers: [" + beside +
           "{name: portworx, image: '" + image + "', args: [-c, px, -jwt_issuer, '" + issuer +
           "'], env: [" + system_key +
           "{name: PORTWORX_AUTH_SYSTEM_APPS_KEY, valueFrom: {secretKeyRef: {name: " + apps_key +
           "}}}, {name: PORTWORX_AUTH_JWT_SHAREDSECRET, valueFrom: {secretKeyRef: {name: pxkeys, "
           "key: shared-secret}}}]}]}}}\n";
  }
  [[nodiscard]] Object object() const { return test::object(text()); }
};

// Without the system key: PXS101, which denies and gates.
Px bad() { return {.system_key = ""}; }

std::string stork(std::string_view secret, std::string_view annotations = "") {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: stork, namespace: kube-system, "
         "annotations: {" +
         std::string(annotations) +
         "}}\nspec: {template: {spec: {containers: [{name: stork, image: "
         "'openstorage/stork:24.2.0', command: [/stork, "
         "--driver=pxd], env: [{name: PX_JWT_ISSUER, value: apps.portworx.io}, {name: "
         "PX_SHARED_SECRET, valueFrom: "
         "{secretKeyRef: {name: " +
         std::string(secret) + "}}}]}]}}}\n";
}

Verdict create(const Object& object, const Policy& policy = Policy::defaults()) {
  return evaluate({.object = object}, kNothing, policy, kNow, Mode::Admission);
}

Verdict update(const Object& old, const Object& object, const Policy& policy = Policy::defaults(),
               const model::ClusterView& view = kNothing) {
  return evaluate({.object = object, .old = &old, .operation = Operation::Update}, view, policy,
                  kNow, Mode::Admission);
}

const policy::Judged* finding(const Verdict& verdict, std::string_view id) {
  for (const policy::Judged& judged : verdict.findings) {
    if (judged.rule->id == id) return &judged;
  }
  return nullptr;
}

Because because(const Verdict& verdict, std::string_view id) {
  const policy::Judged* judged = finding(verdict, id);
  REQUIRE(judged != nullptr);
  return judged->because;
}

}  // namespace

TEST_CASE("a compliant Portworx is allowed without a word") {
  const Object object = Px{}.object();
  const Verdict verdict = create(object);
  CHECK(verdict.allowed);
  CHECK(verdict.findings.empty());
}

TEST_CASE("a new object with a fault is denied") {
  const Object object = bad().object();
  const Verdict verdict = create(object);
  CHECK_FALSE(verdict.allowed);
  CHECK(finding(verdict, "PXS101")->action == Action::Deny);
}

TEST_CASE("an old fault is only warned about when something else changes") {
  const Object old = bad().object();
  Px px = bad();
  px.metadata = ", labels: {team: storage}";
  const Object object = px.object();
  const Verdict verdict = update(old, object);
  CHECK(verdict.allowed);
  CHECK(because(verdict, "PXS101") == Because::Ratchet);
}

TEST_CASE("a fault that an update brings is denied") {
  const Object old = Px{}.object();
  const Object object = bad().object();
  CHECK_FALSE(update(old, object).allowed);
}

TEST_CASE("an old fault counts again when a new image rolls out") {
  const Object old = bad().object();
  Px px = bad();
  px.image = "portworx/oci-monitor:3.2.0";
  const Object object = px.object();
  const Verdict verdict = update(old, object);
  CHECK_FALSE(verdict.allowed);
  CHECK(because(verdict, "PXS101") == Because::Gate);
  CHECK(policy::denial(verdict, object.id()).find("pxguard.io/upgrade") != std::string::npos);
}

TEST_CASE("an old fault counts again when an authorization setting changes") {
  Px px = bad();
  const Object old = px.object();
  px.apps_key = "pxkeys, key: apps-secret";
  const Object object = px.object();
  CHECK(because(update(old, object), "PXS101") == Because::Gate);
}

TEST_CASE("a rollback to a lower version is never gated") {
  Px px = bad();
  px.image = "portworx/oci-monitor:3.2.0";
  const Object old = px.object();
  const Object object = bad().object();
  CHECK(update(old, object).allowed);
}

TEST_CASE("a decoy before Portworx does not open the gate") {
  const Object old = bad().object();
  Px px = bad();
  px.image = "portworx/oci-monitor:3.2.0";
  // Lower than the image that was there: no rollback. The same image: no standstill.
  for (const char* const tag : {"2.9.0", "3.1.0"}) {
    px.beside = std::string("{name: decoy, image: 'portworx/oci-monitor:") + tag + "'}, ";
    const Object object = px.object();
    CHECK(because(update(old, object), "PXS101") == Because::Gate);
  }
}

TEST_CASE("settings of every Portworx in a pod count for the gate") {
  Px px = bad();
  px.beside = "{name: first, image: 'portworx/oci-monitor:3.1.0'}, ";
  const Object old = px.object();
  px.apps_key = "pxkeys, key: apps-secret";
  const Object object = px.object();
  CHECK(because(update(old, object), "PXS101") == Because::Gate);
}

TEST_CASE("a repair of one fault of two is never gated") {
  Px px = bad();
  px.issuer = "two words";
  const Object old = px.object();
  const Object object = bad().object();
  const Verdict verdict = update(old, object, [] {
    Policy policy = Policy::defaults();
    policy.rules[rules::find_rule("PXS902")].action = Action::Off;  // the issuer changes as well
    return policy;
  }());
  CHECK(finding(verdict, "PXS303") == nullptr);
  CHECK(because(verdict, "PXS101") == Because::Ratchet);
  CHECK(verdict.allowed);
}

TEST_CASE("the upgrade acknowledgement lets a gated change through once") {
  Px px = bad();
  const Object old = px.object();
  px.image = "portworx/oci-monitor:3.2.0";
  px.annotations = "pxguard.io/upgrade: 'change 4711'";
  const Object object = px.object();
  CHECK(because(update(old, object), "PXS101") == Because::Acknowledged);
  px.image = "portworx/oci-monitor:3.3.0";
  const Object next = px.object();
  CHECK_FALSE(update(object, next).allowed);
  px.annotations = "pxguard.io/upgrade: 'change 4712'";
  const Object with_new_reason = px.object();
  CHECK(update(object, with_new_reason).allowed);
}

TEST_CASE("an empty acknowledgement says nothing") {
  Px px = bad();
  const Object old = px.object();
  px.image = "portworx/oci-monitor:3.2.0";
  px.annotations = "pxguard.io/upgrade: ' '";
  const Object object = px.object();
  CHECK_FALSE(update(old, object).allowed);
}

TEST_CASE("the upgrade acknowledgement does not excuse a new fault") {
  const Object old = Px{}.object();
  Px px = bad();
  px.image = "portworx/oci-monitor:3.2.0";
  px.annotations = "pxguard.io/upgrade: 'change 4711'";
  const Object object = px.object();
  CHECK_FALSE(update(old, object).allowed);
}

TEST_CASE("a policy may turn the gate off") {
  Policy policy = Policy::defaults();
  policy.upgrades = policy::Upgrades::Ratchet;
  Px px = bad();
  const Object old = px.object();
  px.image = "portworx/oci-monitor:3.2.0";
  const Object object = px.object();
  CHECK(update(old, object, policy).allowed);
}

TEST_CASE("turning security off needs a reason of its own") {
  const Object old = Px{}.object();
  const std::string off =
      "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: portworx, namespace: kube-system, "
      "annotations: {A}}\n"
      "spec: {template: {spec: {containers: [{name: portworx, image: 'portworx/oci-monitor:3.1.0', "
      "args: [-c, px]}]}}}\n";
  std::string without = off, with = off;
  without.replace(without.find("{A}"), 3, "{}");
  with.replace(with.find("{A}"), 3, "{pxguard.io/disable-security: 'end of life'}");
  const Object silent = test::object(without);
  CHECK_FALSE(update(old, silent).allowed);
  const Object said = test::object(with);
  CHECK(because(update(old, said), "PXS904") == Because::Acknowledged);
}

TEST_CASE("a new issuer on a secured Portworx needs the rotation acknowledgement") {
  const Object old = Px{}.object();
  Px px;
  px.issuer = "other.example";
  const Object object = px.object();
  CHECK_FALSE(update(old, object).allowed);
  px.annotations = "pxguard.io/rotation: 'ticket 1'";
  const Object said = px.object();
  CHECK(update(old, said).allowed);
}

TEST_CASE("what a StorageCluster owns is never denied, and its owner is named") {
  Px px = bad();
  px.metadata =
      ", ownerReferences: [{apiVersion: core.libopenstorage.org/v1, kind: StorageCluster, name: "
      "px, uid: u, controller: true}]";
  const Object object = px.object();
  const Verdict verdict = create(object);
  CHECK(verdict.allowed);
  CHECK(because(verdict, "PXS101") == Because::OperatorOwned);
  CHECK_FALSE(verdict.unverified.empty());
}

TEST_CASE("an owner that is no controller excuses nothing") {
  Px px = bad();
  px.metadata =
      ", ownerReferences: [{apiVersion: core.libopenstorage.org/v1, kind: StorageCluster, name: "
      "px, uid: u}]";
  const Object object = px.object();
  CHECK_FALSE(create(object).allowed);
}

TEST_CASE("a trusted controller is never denied, and no other user is trusted") {
  const Object object = bad().object();
  for (const auto& row :
       {std::pair<std::string, bool>{"system:serviceaccount:portworx:portworx-operator", true},
        {"system:serviceaccount:default:portworx-operator", false},
        {"system:admin", false}}) {
    const Verdict verdict = evaluate({.object = object, .user = row.first}, kNothing,
                                     Policy::defaults(), kNow, Mode::Admission);
    CHECK_MESSAGE(verdict.allowed == row.second, row.first);
  }
}

TEST_CASE("a pod of a controller is warned about, and refused only where the policy says so") {
  const Object pod = test::object(
      "{apiVersion: v1, kind: Pod, metadata: {name: portworx-x, namespace: kube-system, "
      "ownerReferences: [{kind: DaemonSet, name: "
      "portworx, controller: true}]}, spec: {containers: [{name: portworx, image: "
      "'portworx/oci-monitor:3.1.0', args: [-c, px, "
      "-jwt_issuer, portworx.com]}]}}");
  CHECK(because(create(pod), "PXS101") == Because::ControllerPod);
  Policy policy = Policy::defaults();
  policy.controller_pods = policy::ControllerPods::Deny;
  CHECK_FALSE(create(pod, policy).allowed);
}

TEST_CASE("what a controller makes from a template is only warned about") {
  // A restart of a Deployment that was let through makes a new ReplicaSet: refusing it would stop
  // the rollout.
  const Object replica_set = test::object(
      "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: px-1, namespace: a, "
      "ownerReferences: [{apiVersion: apps/v1, kind: "
      "Deployment, name: px, controller: true}]}, spec: {template: {spec: {containers: [{name: "
      "portworx, image: "
      "'portworx/oci-monitor:3.1.0', args: [-c, px, -jwt_issuer, portworx.com]}]}}}}");
  CHECK(because(create(replica_set), "PXS101") == Because::ControllerPod);
  const Object job = test::object(
      "{apiVersion: batch/v1, kind: Job, metadata: {name: j, namespace: a, ownerReferences: "
      "[{apiVersion: batch/v1, kind: CronJob, "
      "name: c, controller: true}]}, spec: {template: {spec: {containers: [{name: x, image: y, "
      "env: [{name: PX_SHARED_SECRET, "
      "value: canary}]}]}}}}");
  CHECK(because(create(job), "PXS105") == Because::ControllerPod);
}

TEST_CASE("what a controller lets go of is only warned about: it would try again and again") {
  const auto pod = [](std::string_view owners, std::string_view image) {
    return test::object(
        "{apiVersion: v1, kind: Pod, metadata: {name: portworx-x, namespace: kube-system, "
        "ownerReferences: [" +
        std::string(owners) + "]}, spec: {containers: [{name: portworx, image: '" +
        std::string(image) + "', args: [-c, px, -jwt_issuer, portworx.com]}]}}");
  };
  const Object old =
      pod("{kind: DaemonSet, name: portworx, controller: true}", "portworx/oci-monitor:3.1.0");
  const Object released = pod("", "portworx/oci-monitor:3.2.0");
  CHECK(because(update(old, released), "PXS101") == Because::ControllerPod);
  const Object alone = pod("", "portworx/oci-monitor:3.1.0");
  CHECK_FALSE(update(alone, released).allowed);
}

TEST_CASE("a StorageCluster of another vendor owns nothing of Portworx") {
  Px px = bad();
  px.metadata =
      ", ownerReferences: [{apiVersion: ocs.openshift.io/v1, kind: StorageCluster, name: px, uid: "
      "u, controller: true}]";
  const Object object = px.object();
  CHECK_FALSE(create(object).allowed);
}

TEST_CASE("an object that is being deleted can lose its finalizers") {
  Px px = bad();
  px.metadata = ", deletionTimestamp: '2026-11-23T00:00:00Z'";
  const Object old = Px{}.object();
  const Object object = px.object();
  CHECK(update(old, object).allowed);
}

TEST_CASE("a bad object can be deleted") {
  const Object object = bad().object();
  const Verdict verdict = evaluate({.object = object, .operation = Operation::Delete}, kNothing,
                                   Policy::defaults(), kNow, Mode::Admission);
  CHECK(verdict.allowed);
  CHECK(verdict.findings.empty());
}

TEST_CASE("what the deletion of a key Secret could not verify is said") {
  const Object object = test::object(
      "{apiVersion: v1, kind: Secret, metadata: {name: pxkeys, namespace: kube-system}}");
  const Verdict verdict = evaluate({.object = object, .operation = Operation::Delete}, kNothing,
                                   Policy::defaults(), kNow, Mode::Admission);
  CHECK(verdict.allowed);
  REQUIRE(verdict.unverified.size() == 1);
  CHECK(verdict.unverified[0].rule->id == "PXS903");
}

TEST_CASE("arguments that cannot be read are unverified, not passed over") {
  for (const char* text :
       {"{apiVersion: core.libopenstorage.org/v1, kind: StorageCluster, metadata: {name: px, "
        "namespace: a, annotations: "
        "{portworx.io/misc-args: \"-username_claim 'mail\"}}, spec: {security: {enabled: true}}}",
        "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: portworx}, spec: {template: "
        "{spec: {containers: [{name: "
        "portworx, image: 'portworx/oci-monitor:3.1.0', command: [sh, -c], args: ['/px "
        "-username_claim mail']}]}}}}"}) {
    const Object object = test::object(text);
    const Verdict verdict = create(object);
    const auto about_claim = [](const auto& unverified) { return unverified.rule->id == "PXS401"; };
    CHECK(std::any_of(verdict.unverified.begin(), verdict.unverified.end(), about_claim));
  }
}

TEST_CASE("scale and status are not judged, ephemeral containers are") {
  const Object object = bad().object();
  for (const auto& row : {std::pair<std::string, bool>{"status", true},
                          {"scale", true},
                          {"ephemeralcontainers", false}}) {
    const Verdict verdict = evaluate({.object = object, .subresource = row.first}, kNothing,
                                     Policy::defaults(), kNow, Mode::Admission);
    CHECK_MESSAGE(verdict.allowed == row.second, row.first);
  }
}

TEST_CASE("an exception turns a denial into a warning until its day is over") {
  Policy policy = Policy::defaults();
  policy.exceptions.push_back(
      {.rule = rules::find_rule("PXS101"),
       .selector = {.kind = "DaemonSet", .ns = "kube-system", .name = {}, .labels = {}},
       .reason = "migration",
       .expires = kNow + 24h,
       .expires_text = "2026-11-24"});
  const Object object = bad().object();
  const Verdict verdict = create(object, policy);
  CHECK(verdict.allowed);
  CHECK(because(verdict, "PXS101") == Because::Exception);
  CHECK(verdict.exceptions.size() == 1);
  policy.exceptions[0].expires = kNow;
  const Verdict expired = create(object, policy);
  CHECK_FALSE(expired.allowed);
  REQUIRE(expired.exceptions.size() == 1);
  CHECK(expired.exceptions[0].expired);
}

TEST_CASE("a policy entry replaces the action, and off silences the rule") {
  Policy policy = Policy::defaults();
  policy.rules[rules::find_rule("PXS101")].action = Action::Warn;
  const Object object = bad().object();
  CHECK(create(object, policy).allowed);
  CHECK(finding(create(object, policy), "PXS101")->action == Action::Warn);
  policy.rules[rules::find_rule("PXS101")].action = Action::Off;
  CHECK(finding(create(object, policy), "PXS101") == nullptr);
}

TEST_CASE("a policy entry means the same in check as at admission") {
  Policy policy = Policy::defaults();
  policy.rules[rules::find_rule("PXS101")].action = Action::Warn;
  const Object object = bad().object();
  const Verdict verdict = evaluate({.object = object}, kNothing, policy, kNow, Mode::Check);
  CHECK(finding(verdict, "PXS101")->finding.severity == rules::Severity::Warning);
}

TEST_CASE("check has no ratchet: an object is judged as if it were new") {
  const Object object = bad().object();
  const Verdict verdict =
      evaluate({.object = object}, kNothing, Policy::defaults(), kNow, Mode::Check);
  CHECK(finding(verdict, "PXS101")->finding.severity == rules::Severity::Error);
}

TEST_CASE("all findings come in one answer, the most severe first, in the same order every time") {
  Px px = bad();
  px.issuer = "two words";
  px.metadata = ", labels: {a: b}";
  const Object object = px.object();
  const Verdict verdict = create(object);
  REQUIRE(verdict.findings.size() >= 2);
  for (std::size_t i = 1; i < verdict.findings.size(); ++i) {
    CHECK(verdict.findings[i - 1].finding.severity >= verdict.findings[i].finding.severity);
  }
  CHECK(policy::denial(verdict, object.id()) == policy::denial(create(object), object.id()));
}

TEST_CASE("rotation: Portworx first and acknowledged, then Stork, and both steps are legal") {
  const manifest::ManifestSet old_pair(
      {{"a.yaml", Px{}.text() + "---\n" + stork("pxkeys, key: stork-secret") +
                      "---\n{apiVersion: v1, kind: Secret, metadata: {name: pxkeys, namespace: "
                      "kube-system}, stringData: {stork-secret: one}}\n"
                      "---\n{apiVersion: v1, kind: Secret, metadata: {name: pxkeys2, namespace: "
                      "kube-system}, stringData: {stork-secret: two}}\n"}},
      {});
  Px px;
  px.apps_key = "pxkeys2, key: stork-secret";
  const Object silent = px.object();
  const Verdict denied = update(old_pair.objects()[0], silent, Policy::defaults(), old_pair);
  CHECK_FALSE(denied.allowed);
  REQUIRE(finding(denied, "PXS202") != nullptr);
  CHECK(finding(denied, "PXS202")->action == Action::Deny);
  px.annotations = "pxguard.io/rotation: 'yearly'";
  const Object said = px.object();
  const Verdict allowed = update(old_pair.objects()[0], said, Policy::defaults(), old_pair);
  CHECK(allowed.allowed);
  CHECK(because(allowed, "PXS202") == Because::Acknowledged);
}

TEST_CASE("a leader is only warned about a follower that never matched") {
  const manifest::ManifestSet set(
      {{"a.yaml", stork("pxkeys, key: other") + "---\n" + Px{}.text() +
                      "---\n{apiVersion: v1, kind: Secret, metadata: {name: pxkeys, namespace: "
                      "kube-system}, stringData: {stork-secret: one, other: two}}\n"}},
      {});
  const Object& px = set.objects()[1];
  const Verdict leader = evaluate({.object = px}, set, Policy::defaults(), kNow, Mode::Admission);
  CHECK(leader.allowed);
  REQUIRE(finding(leader, "PXS202") != nullptr);
  CHECK(finding(leader, "PXS202")->action == Action::Warn);
  const Verdict follower =
      evaluate({.object = set.objects()[0]}, set, Policy::defaults(), kNow, Mode::Admission);
  CHECK_FALSE(follower.allowed);
  const Verdict report = evaluate({.object = px}, set, Policy::defaults(), kNow, Mode::Check);
  CHECK(finding(report, "PXS202") == nullptr);
}

TEST_CASE("without Portworx in view a Stork is unverified, not refused and not passed over") {
  const Object object = test::object(stork("storkkeys, key: key"));
  const Verdict verdict = create(object);
  CHECK(verdict.allowed);
  CHECK_FALSE(verdict.unverified.empty());
}

TEST_CASE("a message keeps to printable ASCII, 100 columns and its limit") {
  Px px = bad();
  px.issuer = std::string(3000, 'x') + " \\u00e9";
  const Object object = px.object();
  const std::string text = policy::denial(create(object), object.id());
  CHECK(text.size() <= limits::kDenialMessage);
  std::size_t column = 0;
  for (const char c : text) {
    CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
    column = c == '\n' ? 0 : column + 1;
    CHECK(column <= 100);
  }
}
