// The configurations as text.
#include <doctest/doctest.h>

#include <string>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "rules/webhooks/webhooks.h"

namespace pxguard::webhooks {
namespace {

using Json = nlohmann::json;

std::vector<std::string> objects(const policy::Policy& policy, const Client& client = {}) {
  return to_objects(configurations_for(policy, client.url.empty() ? client.service_namespace : ""),
                    client);
}

Json validating(const Client& client = {}) {
  return Json::parse(objects(policy::Policy::defaults(), client).front());
}

}  // namespace

TEST_CASE("the same policy gives the same bytes") {
  const auto policy = policy::Policy::defaults();
  CHECK(objects(policy) == objects(policy));
}

TEST_CASE("every entry is small, in time and in what it matches") {
  auto policy = policy::Policy::defaults();
  policy.rules[rules::find_rule("PXS101")].mutate = true;
  const auto all = objects(policy);
  REQUIRE(all.size() == 2);
  for (const std::string& text : all) {
    const Json json = Json::parse(text);
    for (const Json& entry : json["webhooks"]) {
      CAPTURE(entry["name"]);
      CHECK(entry["timeoutSeconds"] <= 2);
      CHECK(entry["sideEffects"] == "None");
      CHECK(entry["matchPolicy"] == "Equivalent");
      CHECK(entry["admissionReviewVersions"] == Json({"v1"}));
      CHECK(entry["matchConditions"].size() >= 2);
      for (const Json& rule : entry["rules"]) {
        CHECK(rule["apiGroups"].is_array());
        for (const Json& resource : rule["resources"]) CHECK(resource != "*");
      }
    }
  }
  CHECK(Json::parse(all[1])["webhooks"][0]["failurePolicy"] == "Ignore");
}

TEST_CASE("the policy's failurePolicy is that of enforce alone") {
  auto policy = policy::Policy::defaults();
  CHECK(Json::parse(objects(policy)[0])["webhooks"][0]["failurePolicy"] == "Fail");
  policy.failure_policy = "Ignore";
  const Json json = Json::parse(objects(policy)[0]);
  CHECK(json["webhooks"][0]["failurePolicy"] == "Ignore");
  CHECK(json["webhooks"][1]["failurePolicy"] == "Ignore");
}

TEST_CASE("a Service, or a URL from outside the cluster") {
  const Json inside = validating({.service_namespace = "guard", .service_name = "px"});
  const Json& service = inside["webhooks"][0]["clientConfig"]["service"];
  CHECK(service ==
        Json({{"namespace", "guard"}, {"name", "px"}, {"path", "/validate"}, {"port", 8443}}));
  CHECK(inside["webhooks"][0]["namespaceSelector"]["matchExpressions"][0]["values"] ==
        Json({"guard"}));
  CHECK_FALSE(inside["webhooks"][0]["clientConfig"].contains("caBundle"));
  const Json outside = validating({.url = "https://pxguard.example:8443", .ca_bundle = "PEM"});
  CHECK(
      outside["webhooks"][1]["clientConfig"] ==
      Json({{"url", "https://pxguard.example:8443/validate"}, {"caBundle", base64_encode("PEM")}}));
  CHECK_FALSE(outside["webhooks"][0].contains("namespaceSelector"));
}

TEST_CASE("a predicate reads as one would write it by hand") {
  const auto predicate =
      any({resource_is({"storageclusters"}),
           any_version(all({text_is("metadata.name", {"a", "b"}), negation(is_true("spec.on"))}))});
  CHECK(predicate.cel() == R"((
  request.resource.resource == "storageclusters" ||
  [object, oldObject].exists(o, o != null && (
    (has(o.metadata) && has(o.metadata.name) && o.metadata.name in ["a", "b"]) &&
    !(
      (has(o.spec) && has(o.spec.on) && o.spec.on)
    )
  ))
))");
}

}  // namespace pxguard::webhooks
