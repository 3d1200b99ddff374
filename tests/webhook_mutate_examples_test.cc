// Every example as a request, with all rules allowed to mutate: what comes back is small, stays
// inside what the rule is about, and asks for nothing the second time.
#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "cli/manifest/manifest_set.h"
#include "rules/catalogue.h"
#include "rules/policy/evaluate.h"
#include "tests/support/examples.h"
#include "webhook/mutate.h"

namespace pxguard::webhook {
namespace {

using Json = nlohmann::json;

constexpr auto kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

policy::Policy everything(const rules::Settings& settings) {
  policy::Policy policy = policy::Policy::defaults();
  policy.settings = settings;
  for (const rules::Rule* rule : rules::catalogue()) policy.rules[rule].mutate = true;
  return policy;
}

std::string review(const std::string& object, const std::string& old = "null") {
  const std::string operation = old == "null" ? "CREATE" : "UPDATE";
  return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u",)"
         R"("operation":")" +
         operation + R"(","kind":{"kind":"x"},"object":)" + object + R"(,"oldObject":)" + old +
         "}}";
}

Json answer(const std::string& body, const manifest::ManifestSet& set,
            const policy::Policy& policy) {
  return Json::parse(mutate(body, policy, set, kNow).body)["response"];
}

Json patch_of(const Json& response) {
  if (!response.contains("patch")) return Json::array();
  return Json::parse(base64_decode(response["patch"].get<std::string>()).value());
}

std::map<std::string, rules::Severity> faults(const std::string& text,
                                              const manifest::ManifestSet& set,
                                              const policy::Policy& policy) {
  const auto document = std::make_shared<const json::Document>(json::Document::parse(text).value());
  const model::Object object(document, document->root());
  std::map<std::string, rules::Severity> found;
  for (const auto& judged :
       policy::evaluate({.object = object}, set, policy, kNow, policy::Mode::Admission).findings)
    found.emplace(std::string(judged.rule->id) + ' ' + judged.finding.at.display(),
                  judged.finding.severity);
  return found;
}

void expect_small(const Json& patch, const Json& object) {
  for (const Json& op : patch) {
    const std::string kind = op["op"];
    const Json::json_pointer at(op["path"].get<std::string>());
    if (kind == "replace" || kind == "remove") CHECK(object.contains(at));
    if (kind == "replace") CHECK_FALSE(object[at].is_structured());
    // A list is never written anew where there is one.
    if (kind == "add" && object.contains(at) && !object[at].is_null())
      CHECK(object[at.parent_pointer()].is_array());
  }
}

TEST_CASE("what is patched is better, in as few operations as it takes, and only once") {
  int patched = 0;
  std::set<std::string> said;
  for (const test::Example& example : test::examples()) {
    const policy::Policy policy = everything(example.settings);
    const manifest::ManifestSet set({{"cluster.yaml", example.text}},
                                    {.absence = example.absence, .default_namespace = ""});
    for (const std::string& object : test::objects_of(example)) {
      CAPTURE(example.file);
      const Json response = answer(review(object), set, policy);
      const Json patch = patch_of(response);
      CHECK(response["allowed"] == true);
      CHECK(response.dump().find("canary") == std::string::npos);
      if (patch.empty()) continue;
      ++patched;
      CAPTURE(patch.dump());
      expect_small(patch, Json::parse(object));
      const std::string after = Json::parse(object).patch(patch).dump();
      const auto before = faults(object, set, policy);
      std::size_t left = 0;
      for (const auto& later : faults(after, set, policy)) {
        const std::string& fault = later.first;
        CAPTURE(fault);
        CHECK((before.contains(fault) || later.second == rules::Severity::Info));
        left += before.contains(fault) ? 1 : 0;
      }
      CHECK(left < before.size());
      CHECK(patch_of(answer(review(after), set, policy)).empty());
      CHECK(patch_of(answer(review(after, after), set, policy)).empty());
      // What was added and is taken away again is not put back.
      CHECK(patch_of(answer(review(object, after), set, policy)).empty());
    }
  }
  MESSAGE(patched << " objects patched");
  CHECK(patched > 40);
}

TEST_CASE("a key with a slash is escaped, and of keys that stand twice the last one is meant") {
  rules::Settings settings;
  settings.token_namespace = "portworx";
  const manifest::ManifestSet set(
      {{"a.yaml",
        "apiVersion: core.libopenstorage.org/v1\nkind: StorageCluster\n"
        "metadata: {name: px, namespace: portworx}\nspec: {security: {enabled: true}, image: "
        "portworx/oci-monitor:3.1.0}\n"}},
      {});
  const policy::Policy policy = everything(settings);
  const std::string migration =
      R"({"apiVersion":"stork.libopenstorage.org/v1alpha1","kind":"Migration",)"
      R"("metadata":{"name":"m","namespace":"portworx","annotations":{"a/b~c":"1"}},)"
      R"("spec":{"clusterPair":"p","namespaces":["x"]}})";
  const Json patch = patch_of(answer(review(migration), set, policy));
  CHECK(patch.dump().find("/metadata/annotations/openstorage.io~1auth-secret-name") !=
        std::string::npos);
  const std::string twice =
      R"({"apiVersion":"stork.libopenstorage.org/v1alpha1","kind":"Migration",)"
      R"("metadata":{"name":"m","namespace":"portworx","annotations":{"x":"1"}},)"
      R"("metadata":{"name":"m","namespace":"portworx"},"spec":{"clusterPair":"p"}})";
  const Json second = patch_of(answer(review(twice), set, policy));
  REQUIRE(second.size() >= 1);
  // There are no annotations in what counts: the map comes in one operation.
  CHECK(second[0]["path"] == "/metadata/annotations");
}

}  // namespace
}  // namespace pxguard::webhook
