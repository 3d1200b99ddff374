// Narrow and complete: what pxguard could object to is sent to it, and strangers are not. Asked of
// every example, and of the corpus where it is there (tests/cli_corpus_test.cc tells where).
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/manifest/collect.h"
#include "cli/manifest/manifest_set.h"
#include "rules/json_patch.h"
#include "rules/policy/evaluate.h"
#include "rules/webhooks/webhooks.h"
#include "tests/support/corpus.h"
#include "tests/support/examples.h"
#include "tests/support/objects.h"

namespace pxguard::webhooks {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using policy::Policy;

constexpr policy::Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

// As the API server keeps it: stringData has become data.
json::Document as_sent(const model::Object& object) {
  Json json = Json::parse(rules::apply_patch({}, object.root()).value());
  if (json.value("kind", "") == "Secret" && json.contains("stringData")) {
    for (const auto& [key, value] : json["stringData"].items()) json["data"][key] = "";
    json.erase("stringData");
  }
  return json::Document::parse(json.dump()).value();
}

std::string resource_of(std::string_view kind) {
  const std::string name = lower(kind);
  return name + (name.ends_with("s") ? "es" : "s");
}

bool is_cluster_wide(std::string_view kind) {
  return kind.ends_with("Class") || kind == "PersistentVolume" || kind == "Namespace";
}

struct Sent {
  bool to_enforce = false, to_advise = false;
  [[nodiscard]] bool anywhere() const { return to_enforce || to_advise; }
};

Sent sent(const Configurations& wanted, const policy::Subject& subject) {
  const model::ObjectId& id = subject.object.id();
  const std::string resource = resource_of(id.kind);
  const json::Document now = as_sent(subject.object);
  std::optional<json::Document> old;
  if (subject.old != nullptr) old.emplace(as_sent(*subject.old));
  const bool is_removal = subject.operation == rules::Operation::Delete;
  const Request request{.resource = resource,
                        .operation = is_removal ? "DELETE"
                                     : old      ? "UPDATE"
                                                : "CREATE",
                        .user = subject.user,
                        .object = is_removal ? json::Value() : now.root(),
                        .old_object = is_removal ? now.root()
                                      : old      ? old->root()
                                                 : json::Value()};
  const std::string ns = is_cluster_wide(id.kind) ? ""
                         : id.ns.empty()          ? std::string("default")
                                                  : id.ns;
  const Target target{.group = id.group(), .ns = ns, .subresource = subject.subresource};
  Sent result;
  for (const Entry& entry : wanted.validating) {
    (entry.name == kEnforce ? result.to_enforce : result.to_advise) =
        is_sent(wanted, entry, request, target);
  }
  return result;
}

// Read by check and audit alone, or gone from Kubernetes: conversion is the API server's part.
bool is_never_sent(const model::Object& object) {
  static const std::set<std::string, std::less<>> kKinds = {
      "ConfigMap",      "PersistentVolume",     "PersistentVolumeClaim",  "BackupStorageLocation",
      "BackupLocation", "ClusterDomainsStatus", "ResourceTransformation", "Values"};
  return kKinds.contains(object.kind()) || object.id().group() == "extensions";
}

// As the blind spots say: Secrets whose name and keys tell nothing. A reference from elsewhere
// does.
bool is_known_by_reference_alone(const model::Object& object) {
  static const std::set<std::string, std::less<>> kNames = {"shop-portworx", "stork-px"};
  return object.kind() == "Secret" && kNames.contains(object.id().name);
}

struct Tally {
  int refused = 0, spoken_about = 0, silent = 0, sent_in_silence = 0;
};

void ask(const policy::Subject& subject, const model::ClusterView& view, const Policy& policy,
         const Configurations& wanted, Tally& tally) {
  if (is_never_sent(subject.object)) return;
  if (is_known_by_reference_alone(subject.object)) return;
  const auto verdict = evaluate(subject, view, policy, kNow, policy::Mode::Admission);
  const Sent to = sent(wanted, subject);
  CAPTURE(subject.object.id().kind);
  CAPTURE(subject.object.id().name);
  CHECK_FALSE((to.to_enforce && to.to_advise));
  if (!verdict.allowed) {
    ++tally.refused;
    CAPTURE(verdict.findings.front().rule->id);
    CHECK(to.to_enforce);
  } else if (!verdict.findings.empty()) {
    ++tally.spoken_about;
    CAPTURE(verdict.findings.front().rule->id);
    CHECK(to.anywhere());
  } else {
    ++tally.silent;
    tally.sent_in_silence += to.anywhere() ? 1 : 0;
  }
}

manifest::Text text_of(const test::Example& example, const std::string& content) {
  return {.file = "example.yaml",
          .content = content,
          .is_context = false,
          .is_values = example.file.ends_with(".values.yaml")};
}

void ask_about(const test::Example& example, Tally& tally) {
  Policy policy = Policy::defaults();
  const auto key_secrets = policy.settings.key_secrets;
  policy.settings = example.settings;
  policy.settings.key_secrets = key_secrets;
  const auto wanted = configurations_for(policy, "pxguard");
  const manifest::ManifestSet set({text_of(example, example.text)}, {.absence = example.absence});
  if (example.operation == rules::Operation::Create) {
    for (const model::Object& object : set.objects())
      ask({.object = object}, set, policy, wanted, tally);
    return;
  }
  const bool is_update = example.operation == rules::Operation::Update;
  const manifest::ManifestSet old({text_of(example, is_update ? example.old_text : example.text)},
                                  {});
  ask({.object = set.objects().front(),
       .old = is_update ? &old.objects().front() : nullptr,
       .operation = example.operation},
      set, policy, wanted, tally);
}

// A file without any of these words has nothing to do with it.
bool is_about_portworx(const std::string& path) {
  const auto text = read_file(path, limits::kYamlFile);
  REQUIRE(text.has_value());
  const std::string small = lower(*text);
  constexpr std::string_view kWords[] = {"portworx", "pxd",   "stork",           "openstorage",
                                         "px-",      "pxctl", "external-storage"};
  return std::any_of(std::begin(kWords), std::end(kWords), [&small](std::string_view word) {
    return small.find(word) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("what pxguard may refuse is sent to enforce, what it speaks about is sent: examples") {
  Tally tally;
  for (const test::Example& example : test::examples()) {
    CAPTURE(example.file);
    ask_about(example, tally);
  }
  CHECK(tally.refused > 120);
  CHECK(tally.spoken_about > 50);
}

TEST_CASE("what pxguard may refuse is sent to enforce, what it speaks about is sent: corpus") {
  if (!test::has_corpus("what pxguard speaks about in the corpus is sent")) return;
  const Policy policy = Policy::defaults();
  const auto wanted = configurations_for(policy, "pxguard");
  Tally ours, others;
  std::ifstream index(test::corpus() / "INDEX.tsv");
  std::string line;
  std::getline(index, line);
  while (std::getline(index, line)) {
    const auto cells = split(line, '\t');
    if (cells.size() < 7) continue;
    const std::vector<std::string> paths = {(test::corpus() / std::string(cells[0])).string()};
    const auto set = manifest::ManifestSet::of(manifest::collect(paths), {});
    CAPTURE(cells[0]);
    const bool is_ours = cells[6] != "other" || is_about_portworx(paths.front());
    for (const model::Object& object : set.objects())
      ask({.object = object}, set, policy, wanted, is_ours ? ours : others);
  }
  CHECK(ours.refused > 20);
  CHECK(others.silent > 100);
  CHECK(others.sent_in_silence == 0);
  if (std::getenv("PXGUARD_TABLE") != nullptr) {
    std::cout << "refused " << ours.refused + others.refused << ", spoken about "
              << ours.spoken_about + others.spoken_about << "; strangers " << others.silent
              << ", of them sent " << others.sent_in_silence << '\n';
  }
}

namespace {

// A request of the corpus, as an API server sent it.
struct Asked {
  std::shared_ptr<const json::Document> document;
  std::optional<model::Object> object, old;
  rules::Operation operation = rules::Operation::Create;

  [[nodiscard]] json::Value request() const { return document->root()["request"]; }
};

std::optional<Asked> asked(const std::string& file) {
  const auto text = read_file(file, limits::kYamlFile);
  auto document = text ? json::Document::parse(*text) : json::Document::parse("");
  if (!document || !document->root()["request"]) return std::nullopt;
  Asked result{std::make_shared<const json::Document>(std::move(document).value()), {}, {}};
  const auto object = [&result](std::string_view name) -> std::optional<model::Object> {
    const json::Value value = result.request()[name];
    if (!value.is_set()) return std::nullopt;
    return model::Object(result.document, value, std::make_shared<model::Source>());
  };
  result.object = object("object");
  result.old = object("oldObject");
  const std::string_view operation = result.request()["operation"].text();
  if (operation == "UPDATE") result.operation = rules::Operation::Update;
  if (operation == "DELETE") result.operation = rules::Operation::Delete;
  const bool is_one = operation == "CREATE" || operation == "UPDATE" || operation == "DELETE";
  return is_one && (result.object || result.old) ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace

TEST_CASE("requests of the corpus go where their verdict needs them") {
  if (!test::has_corpus("requests of the corpus go where they need to")) return;
  const Policy policy = Policy::defaults();
  const auto wanted = configurations_for(policy, "pxguard");
  const manifest::ManifestSet nothing(std::vector<manifest::Text>{}, {});
  Tally tally;
  for (const std::string folder : {"admission", "captured"}) {
    for (const auto& entry : fs::recursive_directory_iterator(test::corpus() / folder)) {
      if (entry.path().extension() != ".json") continue;
      const auto review = asked(entry.path().string());
      if (!review) continue;
      CAPTURE(entry.path().filename().string());
      const bool is_removal = review->operation == rules::Operation::Delete;
      const model::Object& subject = is_removal ? *review->old : *review->object;
      ask({.object = subject,
           .old = review->operation == rules::Operation::Update ? &*review->old : nullptr,
           .operation = review->operation,
           .user = review->request().at("userInfo.username").text(),
           .subresource = review->request()["subResource"].text()},
          nothing, policy, wanted, tally);
    }
  }
  CHECK(tally.refused > 20);
  if (std::getenv("PXGUARD_TABLE") != nullptr) {
    std::cout << "requests: refused " << tally.refused << ", spoken about " << tally.spoken_about
              << ", silent " << tally.silent << " (sent " << tally.sent_in_silence << ")\n";
  }
}

namespace {

Sent sent_by(const model::Object& object, std::string_view user, const Policy& policy) {
  return sent(configurations_for(policy, "pxguard"), {.object = object, .user = user});
}

model::Object class_of(std::string_view provisioner) {
  return test::object(
      "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: c}, provisioner: " +
      std::string(provisioner) + "}");
}

}  // namespace

TEST_CASE("who writes decides between enforce and advise, never whether it is sent") {
  const auto object = class_of("pxd.portworx.com");
  const Policy policy = Policy::defaults();
  CHECK(sent_by(object, "alice", policy).to_enforce);
  CHECK(sent_by(object, "system:serviceaccount:kube-system:portworx-operator", policy).to_advise);
  CHECK(sent_by(object, "system:serviceaccount:other:portworx-operator", policy).to_enforce);
  CHECK_FALSE(sent_by(class_of("ebs.csi.aws.com"), "alice", policy).anywhere());
}

TEST_CASE("the namespace of pxguard is left out, and only that") {
  const std::string_view text =
      "{apiVersion: v1, kind: Secret, metadata: {name: px-user-token, namespace: pxguard}}";
  const auto object = test::object(text);
  const Policy policy = Policy::defaults();
  CHECK_FALSE(sent(configurations_for(policy, "pxguard"), {.object = object}).anywhere());
  CHECK(sent(configurations_for(policy, "guard"), {.object = object}).to_enforce);
  CHECK(sent(configurations_for(policy, ""), {.object = object}).to_enforce);
}

TEST_CASE("what a controller made is advised, or enforced where the policy denies such Pods") {
  const auto pod = test::object(
      "{apiVersion: v1, kind: Pod, metadata: {name: portworx-1, namespace: kube-system, "
      "ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: portworx, controller: "
      "true}]}, "
      "spec: {containers: [{name: portworx, image: 'portworx/oci-monitor:3.1.0'}]}}");
  Policy policy = Policy::defaults();
  CHECK(sent_by(pod, "alice", policy).to_advise);
  policy.controller_pods = policy::ControllerPods::Deny;
  CHECK(sent_by(pod, "alice", policy).to_enforce);
}

TEST_CASE("a policy that refuses nothing has no enforce, one without rules no webhook at all") {
  Policy policy = Policy::defaults();
  for (const rules::Rule* rule : rules::catalogue())
    policy.rules[rule].action = rules::Action::Warn;
  const auto warned = configurations_for(policy, "pxguard");
  REQUIRE(warned.validating.size() == 1);
  CHECK(warned.validating.front().name == kAdvise);
  CHECK(sent(warned, {.object = class_of("pxd.portworx.com")}).to_advise);
  for (const rules::Rule* rule : rules::catalogue()) policy.rules[rule].action = rules::Action::Off;
  const auto off = configurations_for(policy, "pxguard");
  CHECK((off.validating.empty() && off.mutating.empty()));
}

TEST_CASE("a policy without rules about classes does not send classes") {
  Policy policy = Policy::defaults();
  for (const rules::Rule* rule : rules::catalogue())
    if (rule->id.starts_with("PXS6")) policy.rules[rule].action = rules::Action::Off;
  CHECK_FALSE(sent_by(class_of("pxd.portworx.com"), "alice", policy).anywhere());
}

TEST_CASE("mutate is there where a rule repairs, fails open and leaves what others made alone") {
  Policy policy = Policy::defaults();
  CHECK(configurations_for(policy, "pxguard").mutating.empty());
  policy.rules[rules::find_rule("PXS101")].mutate = true;
  const auto wanted = configurations_for(policy, "pxguard");
  REQUIRE(wanted.mutating.size() == 1);
  const Entry& entry = wanted.mutating.front();
  CHECK(entry.failure_policy == FailurePolicy::Ignore);
  CHECK(entry.path == "/mutate");
  const auto portworx = test::object(
      "{metadata: {name: portworx}, spec: {template: {spec: {containers: [{name: portworx}]}}}}");
  const auto asks = [&](std::string_view resource, std::string_view operation,
                        std::string_view user) {
    const Request request{resource, operation, user, portworx.root(), {}};
    const std::string_view group = resource == "pods" ? "" : "apps";
    return is_sent(wanted, entry, request, {group, "kube-system", ""});
  };
  CHECK(asks("daemonsets", "CREATE", "alice"));
  CHECK(asks("daemonsets", "UPDATE", "alice"));
  CHECK_FALSE(asks("pods", "UPDATE", "alice"));
  CHECK_FALSE(asks("daemonsets", "CREATE", "system:serviceaccount:kube-system:stork"));
}

TEST_CASE("Secrets that the policy names are sent, whatever they are called and hold") {
  const auto secret = test::object(
      "{apiVersion: v1, kind: Secret, metadata: {name: vault-keys, "
      "namespace: portworx}, data: {k: dg==}}");
  Policy policy = Policy::defaults();
  CHECK_FALSE(sent_by(secret, "alice", policy).anywhere());
  policy.secrets.emplace_back("portworx/vault-keys");
  CHECK(sent_by(secret, "alice", policy).to_enforce);
}

}  // namespace pxguard::webhooks
