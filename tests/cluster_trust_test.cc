// Certificates and webhook configurations kept as they should be, against an API server in memory.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "tests/support/trust_replica.h"

namespace pxguard::cluster {
namespace {

std::string policy_of(const test::FakeApi& api, std::size_t entry = 0) {
  return api.get(kValidating)["webhooks"][entry].value("failurePolicy", "");
}

std::size_t authorities_published(const test::FakeApi& api) {
  const auto bundle = base64_decode(
      api.get(kValidating)["webhooks"][0]["clientConfig"]["caBundle"].get<std::string>());
  return certs::certificates_in(*bundle).size();
}

TEST_CASE("from nothing: a Secret, a configuration at Ignore, a proof, and it refuses") {
  test::FakeApi api;
  Clocks clocks;
  Replica one(api, clocks, Activation::Auto);
  // Not reached yet: what should be refused is accepted.
  const TrustRound rest = one.settle();
  CHECK_FALSE(rest.failure);
  CHECK(rest.is_waiting);
  CHECK(api.get(kSecret)["type"] == "kubernetes.io/tls");
  REQUIRE(one.pairs.get());
  CHECK(policy_of(api) == "Ignore");
  CHECK(one.state().is_enforcing == false);
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  one.settle();
  CHECK(policy_of(api) == "Fail");
  CHECK(policy_of(api, 1) == "Ignore");
  CHECK(one.state().is_enforcing == true);
  CHECK(one.state().is_trusted == true);
  api.take_writes();
  clocks.pass(10s);
  one.settle();
  CHECK(api.take_writes().empty());
}

TEST_CASE("a refusal by rights proves nothing") {
  test::FakeApi api;
  Clocks clocks;
  Replica one(api, clocks, Activation::Auto);
  api.answer_to_dry_run = [](const Json&) {
    return Response{.status = 403,
                    .body = R"({"kind":"Status","message":"storageclasses is forbidden"})"};
  };
  const TrustRound rest = one.settle();
  REQUIRE(rest.failure);
  CHECK(policy_of(api) == "Ignore");
}

TEST_CASE("two replicas from nothing agree on one CA") {
  test::FakeApi api;
  Clocks clocks;
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  Replica one(api, clocks, Activation::Auto);
  Replica two(api, clocks, Activation::Auto);
  for (int i = 0; i < 10; ++i) {
    one.round();
    two.round();
  }
  CHECK(one.serial() == two.serial());
  CHECK(authorities_published(api) == 1);
  CHECK(policy_of(api) == "Fail");
}

TEST_CASE("who edits the configuration is put right at once, and what refuses goes on refusing") {
  test::FakeApi api;
  Clocks clocks;
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  Replica one(api, clocks, Activation::Auto);
  one.settle();
  const Json before = api.get(kValidating)["webhooks"];
  const std::vector<Json> edits = {
      Json{{"objectSelector", {{"matchLabels", {{"no", "one"}}}}}},
      Json{{"matchConditions", {{{"name", "concerns-us"}, {"expression", "false"}}}}},
      Json{{"clientConfig", {{"caBundle", base64_encode("garbage")}}}},
      Json{{"clientConfig", {{"service", {{"name", "other"}}}}}}, Json{{"timeoutSeconds", 30}}};
  std::uint64_t restored = 0;
  for (const Json& edit : edits) {
    CAPTURE(edit.dump());
    Json object = api.get(kValidating);
    object["webhooks"][0].merge_patch(edit);
    api.put(object.dump());
    clocks.pass(30min);
    one.settle();
    CHECK(api.get(kValidating)["webhooks"] == before);
    CHECK(one.state().restored == ++restored);
    CHECK(one.state().is_enforcing == true);
  }
  CHECK(one.was_said("somebody edited"));
}

TEST_CASE("an entry that somebody adds, and one that somebody takes away") {
  test::FakeApi api;
  Clocks clocks;
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  Replica one(api, clocks, Activation::Auto);
  one.settle();
  Json object = api.get(kValidating);
  object["webhooks"][0] = Json{{"name", "spy.example.com"}, {"clientConfig", Json::object()}};
  api.put(object.dump());
  one.settle();
  const Json webhooks = api.get(kValidating)["webhooks"];
  REQUIRE(webhooks.size() == 2);
  CHECK(webhooks[0]["name"] != "spy.example.com");
  CHECK(webhooks[1]["name"] != "spy.example.com");
  CHECK(one.state().is_enforcing == true);
}

TEST_CASE("who opens it sees it closed again once it is proven") {
  test::FakeApi api;
  Clocks clocks;
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  Replica one(api, clocks, Activation::Auto);
  one.settle();
  Json object = api.get(kValidating);
  object["webhooks"][0]["failurePolicy"] = "Ignore";
  api.put(object.dump());
  api.answer_to_dry_run = nullptr;
  one.settle();
  CHECK(policy_of(api) == "Ignore");
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  one.settle();
  CHECK(policy_of(api) == "Fail");
}

TEST_CASE("a deleted configuration comes back, open until it is proven") {
  test::FakeApi api;
  Clocks clocks;
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  Replica one(api, clocks, Activation::Auto);
  one.settle();
  api.remove(kValidating);
  api.answer_to_dry_run = nullptr;
  one.settle();
  CHECK(policy_of(api) == "Ignore");
  CHECK(one.was_said("somebody deleted"));
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  one.settle();
  CHECK(policy_of(api) == "Fail");
}

TEST_CASE("somebody who writes it again and again is not fought with") {
  test::FakeApi api;
  Clocks clocks;
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  Replica one(api, clocks, Activation::Auto);
  one.settle();
  api.take_writes();
  for (int i = 0; i < 600; ++i) {
    Json object = api.get(kValidating);
    object["webhooks"][0]["timeoutSeconds"] = 7;
    api.put(object.dump());
    one.settle();
    clocks.pass(1s);
  }
  CHECK(one.state().restored >= 3);
  CHECK(one.state().restored <= 20);
}

TEST_CASE("another pxguard that wants it otherwise has its way for ten minutes") {
  test::FakeApi api;
  Clocks clocks;
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  Replica one(api, clocks, Activation::Auto);
  one.settle();
  // As the other one would write it.
  Json object = api.get(kValidating);
  object["webhooks"][0]["timeoutSeconds"] = 3;
  const WantedConfiguration other(object.dump());
  api.put(whole(other, "", std::nullopt));
  api.take_writes();
  for (int i = 0; i < 59; ++i) {
    one.settle();
    clocks.pass(10s);
  }
  CHECK(api.take_writes().empty());
  CHECK(one.state().is_enforcing == true);
  clocks.pass(10s);
  one.settle();
  CHECK(api.get(kValidating)["webhooks"][0]["timeoutSeconds"] == 2);
  CHECK(one.state().restored == 1);
}

TEST_CASE("the last one that leaves opens what is closed, and nobody else does") {
  test::FakeApi api;
  Clocks clocks;
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  Replica one(api, clocks, Activation::Auto);
  one.settle();
  api.put(R"({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
    "metadata": {"name": "pxguard-x", "namespace": "pxguard"},
    "endpoints": [{"targetRef": {"name": "pxguard-0"}, "conditions": {"ready": true}},
                  {"targetRef": {"name": "pxguard-1"}, "conditions": {"ready": true}}]})");
  CHECK_FALSE(one.leave().changed);
  CHECK(policy_of(api) == "Fail");
  api.put(R"({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
    "metadata": {"name": "pxguard-x", "namespace": "pxguard"},
    "endpoints": [{"targetRef": {"name": "pxguard-0"}, "conditions": {"ready": true}},
                  {"targetRef": {"name": "pxguard-1"}, "conditions": {"ready": false}}]})");
  CHECK(one.leave().changed);
  CHECK(policy_of(api) == "Ignore");
}

TEST_CASE("what repairs is made while the policy repairs, and has no entries afterwards") {
  const std::string mutating =
      "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/pxguard";
  test::FakeApi api;
  Clocks clocks;
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  Replica one(api, clocks, Activation::Auto);
  one.repairs = true;
  one.settle();
  REQUIRE(api.get(mutating)["webhooks"].size() == 1);
  CHECK(policy_of(api) == "Fail");
  CHECK(one.state().is_trusted == true);
  one.repairs = false;
  one.settle();
  CHECK(api.get(mutating).value("webhooks", Json::array()).empty());
  CHECK(policy_of(api) == "Fail");
  // Somebody else's of that name is none of ours.
  api.put(repairing("theirs"));
  one.settle();
  CHECK(api.get(mutating)["webhooks"].size() == 1);
}

TEST_CASE("static: caBundle is written, and nothing else") {
  test::FakeApi api;
  Clocks clocks;
  Json theirs = Json::parse(configuration(""));
  for (Json& entry : theirs["webhooks"]) entry["clientConfig"].erase("caBundle");
  api.put(theirs.dump());
  Replica one(api, clocks, Activation::Static);
  one.settle();
  Json now = api.get(kValidating);
  CHECK(authorities_published(api) == 1);
  for (Json& entry : now["webhooks"]) entry["clientConfig"].erase("caBundle");
  CHECK(now["webhooks"] == theirs["webhooks"]);
  CHECK(one.state().is_trusted == true);
}

TEST_CASE("none: nothing of the configurations is touched") {
  test::FakeApi api;
  Clocks clocks;
  api.put(configuration(""));
  Replica one(api, clocks, Activation::None);
  one.settle();
  CHECK(api.get(kValidating)["webhooks"] == Json::parse(configuration(""))["webhooks"]);
  CHECK(one.pairs.get());
  CHECK(one.state().is_trusted == false);
}

TEST_CASE("a rotation that is asked for: both CAs are published, then the new leaf is served") {
  test::FakeApi api;
  Clocks clocks;
  api.answer_to_dry_run = [](const Json&) { return denial(); };
  Replica one(api, clocks, Activation::Auto);
  one.settle();
  const std::string before = one.serial();
  Json secret = api.get(kSecret);
  secret["metadata"]["annotations"][std::string(kRotate)] = "asked";
  api.put(secret.dump());
  CHECK(one.settle().is_waiting);
  CHECK(authorities_published(api) == 2);
  CHECK(one.serial() == before);
  clocks.pass(61s);
  one.settle();
  one.settle();
  CHECK(one.serial() != before);
  CHECK(authorities_published(api) == 2);
  CHECK(one.state().is_trusted == true);
  CHECK(policy_of(api) == "Fail");
  CHECK_FALSE(api.get(kSecret)["metadata"]["annotations"].contains(std::string(kRotate)));
  // What the old one signed has expired.
  clocks.pass(95 * kDay);
  one.settle();
  one.settle();
  CHECK(authorities_published(api) == 1);
}

TEST_CASE("while the API server is away, or says no, what is served stays") {
  test::FakeApi api;
  Clocks clocks;
  Replica one(api, clocks, Activation::Static);
  one.settle();
  const std::string before = one.serial();
  clocks.pass(70 * kDay);
  api.set_reachable(false);
  CHECK(one.round().failure);
  CHECK(one.serial() == before);
  CHECK_FALSE(one.state().is_known);
  api.set_reachable(true);
  api.forbid("/secrets/");
  CHECK(one.round().failure);
  CHECK(one.serial() == before);
  api.allow_everything();
  one.settle();
  one.settle();
  CHECK(one.serial() != before);
}

TEST_CASE("somebody else's Secret is left alone, and said so") {
  test::FakeApi api;
  Clocks clocks;
  const auto authority = certs::Authority::create("x", {clocks.wall - kDay, clocks.wall + kDay});
  const auto leaf = authority->exported();
  Json secret = {{"apiVersion", "v1"},
                 {"kind", "Secret"},
                 {"metadata", {{"name", "pxguard-tls"}, {"namespace", "pxguard"}}},
                 {"data",
                  {{"tls.crt", base64_encode(leaf->certificate_pem)},
                   {"tls.key", base64_encode(leaf->key_pem.expose())}}}};
  api.put(secret.dump());
  api.take_writes();
  Replica one(api, clocks, Activation::Static);
  const TrustRound round = one.round();
  REQUIRE(round.failure);
  CHECK(round.failure->message.find("pxguard/pxguard-tls") != std::string::npos);
  CHECK(api.take_writes().empty());
}

TEST_CASE("no private key leaves by a way other than the Secret") {
  test::FakeApi api;
  Clocks clocks;
  Replica one(api, clocks, Activation::Static);
  one.settle();
  const Json data = api.get(kSecret)["data"];
  for (const char* key : {"tls.key", "ca.key"}) {
    const std::string text = data[key];
    const std::string sent = api.sent();
    const auto at = sent.find(text);
    REQUIRE(at != std::string::npos);
    CHECK(sent.find(text, at + 1) == std::string::npos);
  }
}

}  // namespace
}  // namespace pxguard::cluster
