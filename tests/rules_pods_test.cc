// What only a live cluster shows: pods that run with what they were started with.
#include <doctest/doctest.h>

#include <deque>
#include <string>

#include "base/rfc3339.h"
#include "cli/manifest/manifest_set.h"
#include "rules/policy/evaluate.h"
#include "tests/support/forwarding_view.h"

namespace pxguard::policy {
namespace {

constexpr std::string_view kSpec =
    "containers: [{name: portworx, image: portworx/oci-monitor:3.1.0, args: [-c, px], env: ["
    "{name: PORTWORX_AUTH_SYSTEM_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: system}}}]}]";

std::string daemon_set() {
  return "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: portworx, namespace: "
         "kube-system}\n"
         "spec: {template: {spec: {" +
         std::string(kSpec) + "}}}\n---\n";
}

std::string pod(std::string_view name, std::string_view started, std::string secret = "pxkeys") {
  std::string spec(kSpec);
  spec.replace(spec.find("pxkeys"), 6, secret);
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + std::string(name) +
         ", namespace: kube-system, ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: "
         "portworx, controller: true, uid: u}]}\nspec: {" +
         spec + "}\nstatus: {startTime: \"" + std::string(started) + "\"}\n---\n";
}

// The pods of the files are those of every workload; the Secret changed when the test says.
class Running final : public ForwardingView {
 public:
  Running(const manifest::ManifestSet& set, std::optional<model::DataChange> change)
      : ForwardingView(set), set_(set), change_(change) {}

  Objects pods(const model::Object& workload) const override {
    Objects pods{.objects = {}, .complete = true};
    for (const model::Object& object : set_.objects()) {
      if (object.kind() == "Pod" && &object != &workload) pods.objects.push_back(&object);
    }
    return pods;
  }
  model::Lookup<model::SecretFacts> secret(const model::Object& from, std::string_view ns,
                                           std::string_view name) const override {
    const auto found = ForwardingView::secret(from, ns, name);
    if (found.get() == nullptr || !change_) return found;
    model::SecretFacts& facts = facts_.emplace_back(*found.get());
    facts.set_change(*change_);
    return model::Lookup<model::SecretFacts>::found(&facts);
  }

 private:
  const manifest::ManifestSet& set_;
  std::optional<model::DataChange> change_;
  mutable std::deque<model::SecretFacts> facts_;
};

constexpr std::string_view kSecrets =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: pxkeys, namespace: kube-system}\n"
    "stringData: {system: canary-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1}\n---\n"
    "apiVersion: v1\nkind: Secret\nmetadata: {name: pxkeys-2, namespace: kube-system}\n"
    "stringData: {system: canary-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-2}\n";

Verdict judge(const std::string& pods, std::optional<model::DataChange> change,
              Mode mode = Mode::Check) {
  const manifest::ManifestSet set(
      {{.file = "px.yaml", .content = daemon_set() + pods + std::string(kSecrets)}},
      {.absence = manifest::Absence::Known});
  const Running view(set, change);
  static const Policy policy = Policy::defaults();
  Verdict verdict = evaluate({.object = set.objects().front()}, view, policy,
                             std::chrono::system_clock::now(), mode);
  std::erase_if(verdict.findings, [](const Judged& judged) {
    return judged.rule->id != "PXS901" && judged.rule->id != "PXS907";
  });
  std::erase_if(verdict.unverified,
                [](const rules::RuleUnverified& line) { return line.rule->id != "PXS901"; });
  return verdict;
}

model::DataChange at(std::string_view time, bool is_certain) {
  return {.at = parse_time(time).value(), .is_certain = is_certain};
}

const std::string kTwoPods =
    pod("px-1", "2026-11-20T08:00:00Z") + pod("px-2", "2026-11-22T08:00:00Z");

}  // namespace

TEST_CASE("pods that started before a seen change of their key are an error, with how many") {
  const Verdict verdict = judge(kTwoPods, at("2026-11-21T00:00:00Z", true));
  REQUIRE(verdict.findings.size() == 1);
  CHECK(verdict.findings[0].rule->id == "PXS901");
  CHECK(verdict.findings[0].finding.severity == rules::Severity::Error);
  CHECK(verdict.findings[0].finding.found ==
        "1 of 2 pods started before Secret pxkeys was changed, at 2026-11-21T00:00:00Z");
}

TEST_CASE("that a manager wrote the Secret is not that it changed the key: a warning") {
  const Verdict verdict = judge(kTwoPods, at("2026-11-23T00:00:00Z", false));
  REQUIRE(verdict.findings.size() == 1);
  CHECK(verdict.findings[0].finding.severity == rules::Severity::Warning);
  CHECK(verdict.findings[0].finding.found ==
        "2 of 2 pods started before Secret pxkeys was written, at 2026-11-23T00:00:00Z");
}

TEST_CASE("pods that started after the change hold the key that is there now") {
  const Verdict verdict = judge(kTwoPods, at("2026-11-19T00:00:00Z", true));
  CHECK(verdict.findings.empty());
  CHECK(verdict.unverified.empty());
}

TEST_CASE("when a Secret changed is unverified where nobody knows it, and only where pods run") {
  CHECK(judge(kTwoPods, std::nullopt).unverified.size() == 1);
  CHECK(judge("", std::nullopt).unverified.empty());
}

TEST_CASE("what pods hold is nothing that a request could change: silent at admission") {
  CHECK(judge(kTwoPods, at("2026-11-23T00:00:00Z", true), Mode::Admission).findings.empty());
}

TEST_CASE("pods with other keys than the template are said while a change rolls out") {
  const Verdict verdict =
      judge(pod("px-1", "2026-11-20T08:00:00Z") + pod("px-2", "2026-11-20T08:00:00Z", "pxkeys-2"),
            at("2026-11-19T00:00:00Z", true));
  REQUIRE(verdict.findings.size() == 1);
  CHECK(verdict.findings[0].rule->id == "PXS907");
  CHECK(verdict.findings[0].finding.severity == rules::Severity::Warning);
  CHECK(verdict.findings[0].finding.found == "1 of 2 pods with other PORTWORX_AUTH_SYSTEM_KEY");
}

}  // namespace pxguard::policy
