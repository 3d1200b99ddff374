// What the view keeps of an object says the same to every rule as the object itself: each example
// is put into an API server in memory, read as a cluster, and judged beside its own files.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/manifest/manifest_set.h"
#include "cluster/read_cluster.h"
#include "rules/policy/evaluate.h"
#include "tests/support/examples.h"
#include "tests/support/fake_api.h"

namespace pxguard::cli {
namespace {

using test::Example;
using test::FakeApi;

constexpr std::chrono::system_clock::time_point kNow =
    std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

policy::Policy policy_of(const Example& example) {
  policy::Policy policy = policy::Policy::defaults();
  policy.settings = example.settings;
  return policy;
}

std::set<std::string> judged(const model::Object& object, const model::ClusterView& view,
                             const policy::Policy& policy) {
  std::set<std::string> lines;
  const auto verdict =
      policy::evaluate({.object = object}, view, policy, kNow, policy::Mode::Check);
  for (const policy::Judged& one : verdict.findings) {
    // Duplicate keys are gone before anybody else sees the object.
    if (one.rule->id == "PXS001") continue;
    lines.insert(std::string(one.rule->id) + ' ' + object.id().display() + ' ' +
                 one.finding.at.display());
  }
  return lines;
}

// Null where a kind of it is one that no API server of ours has.
std::vector<nlohmann::json> documents_of(const Example& example) {
  std::vector<nlohmann::json> objects;
  for (const yaml::Document& document : yaml::read(example.text)) {
    if (document.error) return {};
    auto object = nlohmann::json::parse(document.json);
    if (!object.is_object() || !FakeApi::knows(object.value("kind", ""))) return {};
    const bool has_name = object.contains("metadata") && object["metadata"].contains("name");
    if (!has_name) return {};
    objects.push_back(std::move(object));
  }
  return objects;
}

// Every Secret that the example could mean, so that one that is not there is known to be absent.
struct Mentioned {
  std::set<std::string> names{"px-system-secrets", "px-shared-secret", "px-user-token"};
  std::set<std::string> namespaces;

  void take(const std::string& key, const nlohmann::json& value) {
    if (value.is_string()) {
      const auto text = value.get<std::string>();
      const bool is_namespace = key == "namespace" || key.ends_with("secret-namespace");
      const bool is_name = key == "sharedSecret" || key == "secretName" || key == "secret.name" ||
                           key.ends_with("secret-name");
      if (is_namespace && text.find('$') == std::string::npos) namespaces.insert(text);
      if (is_name && !text.empty() && text.find('$') == std::string::npos) names.insert(text);
      return;
    }
    const bool is_secret = key == "secretKeyRef" || key == "secretRef" || key == "secret";
    if (value.is_object()) {
      for (const auto& [name, member] : value.items())
        take(is_secret && name == "name" ? "secret.name" : name, member);
    }
    if (value.is_array()) {
      for (const auto& element : value) take(key, element);
    }
  }
  [[nodiscard]] std::vector<std::string> all() const {
    std::vector<std::string> all;
    for (const std::string& ns : namespaces) {
      for (const std::string& name : names) all.push_back(ns + '/' + name);
    }
    return all;
  }
};

// What a cluster tells otherwise than files, and why that is right.
const std::map<std::string, std::string_view>& differences() {
  static const std::map<std::string, std::string_view> known = {
      {"cluster_pair_token_stale/bad-made-before-security.yaml", "the peer is another cluster"},
      {"metro_system_keys_differ/bad-each-made-its-own.yaml", "the peer is another cluster"},
      {"illegal_secret_template/good-rendered-later.yaml", "nothing is rendered any more"},
      {"key_reference_unresolved/bad-pod.yaml", "pods are read where Portworx runs"},
      {"pxctl_without_token/bad-script.yaml", "ConfigMaps are read where Portworx runs"},
      {"secret_in_clear_text/bad-in-scripts.yaml", "ConfigMaps are read where Portworx runs"},
  };
  return known;
}

// As the controller of volumes notes on every claim.
void note_provisioner(nlohmann::json& claim, const std::vector<nlohmann::json>& documents) {
  for (const auto& one : documents) {
    const bool is_its_class =
        one["kind"] == "StorageClass" && claim.contains("spec") &&
        claim["spec"].value("storageClassName", "") == one["metadata"]["name"];
    if (is_its_class)
      claim["metadata"]["annotations"]["volume.kubernetes.io/storage-provisioner"] =
          one["provisioner"];
  }
}

TEST_CASE("rules find in a cluster what they find in the manifests that it was made of") {
  std::size_t compared = 0;
  for (const Example& example : test::examples()) {
    if (example.operation != rules::Operation::Create || example.file.ends_with(".values.yaml"))
      continue;
    auto documents = documents_of(example);
    if (documents.empty()) continue;
    CAPTURE(example.file);
    FakeApi api;
    Mentioned mentioned;
    std::string text;
    for (auto& document : documents) {
      if (document["kind"] == "PersistentVolumeClaim") note_provisioner(document, documents);
      api.put(document.dump());
      text += "---\n" + document.dump() + '\n';
      mentioned.take("", document);
      if (document["kind"] == "Secret")
        mentioned.names.insert(document["metadata"]["name"].get<std::string>());
    }
    const policy::Policy policy = policy_of(example);
    const manifest::ManifestSet files({{.file = "cluster.yaml", .content = text}},
                                      {.absence = manifest::Absence::Known});
    const auto client = api.connect();
    const auto snapshot = cluster::read_cluster(
        *client,
        {.secrets = mentioned.all(), .portworx_namespace = policy.settings.portworx_namespace});
    REQUIRE(snapshot);
    std::set<std::string> of_files;
    std::set<std::string> of_cluster;
    for (const model::Object& object : files.objects())
      of_files.merge(judged(object, files, policy));
    for (const model::Object* object : (*snapshot)->objects())
      of_cluster.merge(judged(*object, **snapshot, policy));
    INFO(join(std::vector(of_cluster.begin(), of_cluster.end()), "\n"));
    const auto shown = [](const std::set<std::string>& lines) {
      return join(std::vector(lines.begin(), lines.end()), "\n");
    };
    CHECK((shown(of_cluster) == shown(of_files)) != differences().contains(example.file));
    ++compared;
  }
  CHECK(compared > 100);
}

}  // namespace
}  // namespace pxguard::cli
