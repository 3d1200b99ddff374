// What one review learns from the view: verdicts on pairs, on what age they rest, and nothing about
// the bytes of a key for whoever may only guess at them.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

#include "cluster/clock.h"
#include "cluster/contents.h"
#include "cluster/read_cluster.h"
#include "cluster/review_view.h"
#include "rules/policy/evaluate.h"
#include "tests/support/fake_api.h"
#include "tests/support/objects.h"
#include "tests/support/tokens.h"

namespace pxguard::cluster {
namespace {

using namespace std::chrono_literals;
using test::FakeApi;

constexpr std::string_view kKey = "canary-the-key-of-this-cluster-0123456789";
constexpr std::string_view kOther = "canary-another-key-of-the-same-size-01234";

constexpr std::string_view kPortworx = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system}
spec:
  selector: {matchLabels: {name: portworx}}
  template:
    metadata: {labels: {name: portworx}}
    spec:
      containers:
      - name: portworx
        image: portworx/oci-monitor:3.1.0
        args: [-c, px-prod, -x, kubernetes, -jwt_issuer, example.com]
        env:
        - {name: PORTWORX_AUTH_SYSTEM_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}}
        - {name: PORTWORX_AUTH_SYSTEM_APPS_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: stork-secret}}}
        - {name: PORTWORX_AUTH_JWT_SHAREDSECRET, valueFrom: {secretKeyRef: {name: pxkeys, key: shared-secret}}}
)";

std::string secret(std::string_view name, std::string_view stork_key) {
  return "apiVersion: v1\nkind: Secret\nmetadata: {name: " + std::string(name) +
         ", namespace: kube-system}\nstringData:\n  system-secret: "
         "the-system-key-0123456789012345\n"
         "  shared-secret: the-shared-key-0123456789012345\n  stork-secret: " +
         std::string(stork_key) + '\n';
}

// `secret`: the value of PX_SHARED_SECRET, as a mapping.
model::Object stork_with(std::string_view secret) {
  return test::object(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: stork, namespace: kube-system}\n"
      "spec:\n  selector: {matchLabels: {name: stork}}\n  template:\n"
      "    metadata: {labels: {name: stork}}\n    spec:\n      containers:\n      - name: stork\n"
      "        image: openstorage/stork:24.2.0\n        command: [/stork, --driver=pxd]\n"
      "        env:\n        - {name: PX_JWT_ISSUER, value: apps.portworx.io}\n"
      "        - {name: PX_SHARED_SECRET, " +
      std::string(secret) + "}\n");
}
model::Object stork_that_reads(std::string_view name, std::string_view key = "stork-secret") {
  return stork_with("valueFrom: {secretKeyRef: {name: " + std::string(name) +
                    ", key: " + std::string(key) + "}}");
}
model::Object stork_that_says(std::string_view literal) {
  return stork_with("value: " + std::string(literal));
}

std::shared_ptr<const Snapshot> cluster_of(FakeApi& api, std::vector<std::string> secrets) {
  const auto client = api.connect();
  auto snapshot = read_cluster(*client, {.secrets = std::move(secrets)});
  REQUIRE(snapshot);
  return *snapshot;
}

// A cluster with the Portworx above, its keys, and a copy of Stork's.
std::shared_ptr<const Snapshot> portworx_and_keys() {
  FakeApi api;
  api.put(kPortworx);
  api.put(secret("pxkeys", kKey));
  api.put(secret("copy", kKey));
  api.put(secret("others", kOther));
  return cluster_of(api, {"pxkeys", "copy", "others"});
}

// All that the client is told.
std::string told(const model::Object& object, const model::ClusterView& view,
                 const model::Object* old = nullptr) {
  const policy::Policy policy = policy::Policy::defaults();
  const auto operation = old != nullptr ? rules::Operation::Update : rules::Operation::Create;
  const auto verdict = policy::evaluate(
      {.object = object, .old = old, .operation = operation}, view, policy,
      std::chrono::sys_days(std::chrono::year(2026) / 1 / 1), policy::Mode::Admission);
  std::string text = verdict.allowed ? "allowed\n" : "refused\n";
  for (const policy::Judged& one : verdict.findings) {
    text.append(one.rule->id)
        .append(" ")
        .append(std::to_string(static_cast<int>(one.action)))
        .append(" ")
        .append(one.finding.at.display())
        .append(" ")
        .append(one.message())
        .append(" ")
        .append(one.finding.found)
        .append(" ")
        .append(one.finding.want)
        .append(" ")
        .append(one.fix())
        .append(" ")
        .append(one.note)
        .append("\n");
  }
  for (const auto& one : verdict.unverified)
    text.append("unverified ").append(one.rule->id).append(" ").append(one.needs).append("\n");
  return text;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

ReviewView stranger(const std::shared_ptr<const Snapshot>& snapshot) {
  return {snapshot, {.now = view_time()}};
}
ReviewView api_server(const std::shared_ptr<const Snapshot>& snapshot) {
  return {snapshot, {.now = view_time(), .compares_sent_bytes = true}};
}

TEST_CASE("a guess at a key is answered alike, right or wrong") {
  const auto snapshot = portworx_and_keys();
  const std::string right = told(stork_that_says(kKey), stranger(snapshot));
  const std::string wrong = told(stork_that_says(kOther), stranger(snapshot));
  CAPTURE(right);
  CHECK(right == wrong);
  CHECK(has(right, "serve --client-ca"));
}

TEST_CASE("a guess beside an old object is answered alike") {
  const auto snapshot = portworx_and_keys();
  for (const auto& old : {stork_that_reads("pxkeys"), stork_that_reads("others")}) {
    CHECK(told(stork_that_says(kKey), stranger(snapshot), &old) ==
          told(stork_that_says(kOther), stranger(snapshot), &old));
  }
}

TEST_CASE("a guess in a Secret that is sent is answered alike") {
  const auto snapshot = portworx_and_keys();
  for (const std::string_view name : {"pxkeys", "new"}) {
    CAPTURE(std::string(name));
    const auto right = test::object(secret(name, kKey));
    const auto wrong = test::object(secret(name, kOther));
    CHECK(told(right, stranger(snapshot)) == told(wrong, stranger(snapshot)));
  }
}

TEST_CASE("a guess in a Portworx that is sent is answered alike") {
  FakeApi api;
  api.put(kPortworx);
  api.put(secret("pxkeys", kKey));
  api.put(R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: stork, namespace: kube-system}
spec: {template: {spec: {containers: [{name: stork, image: "openstorage/stork:24.2.0", command: [/stork, --driver=pxd],
  env: [{name: PX_JWT_ISSUER, value: apps.portworx.io},
        {name: PX_SHARED_SECRET, value: canary-the-key-of-this-cluster-0123456789}]}]}}}
)");
  const auto snapshot = cluster_of(api, {"pxkeys"});
  const auto portworx_with = [](std::string_view key) {
    std::string text(kPortworx);
    constexpr std::string_view kFrom =
        "valueFrom: {secretKeyRef: {name: pxkeys, key: stork-secret}}";
    text.replace(text.find(kFrom), kFrom.size(), "value: " + std::string(key));
    return test::object(text);
  };
  CHECK(told(portworx_with(kKey), stranger(snapshot)) ==
        told(portworx_with(kOther), stranger(snapshot)));
  const std::string wrong = told(portworx_with(kOther), api_server(snapshot));
  CAPTURE(wrong);
  CHECK(has(wrong, "PXS202"));
  CHECK_FALSE(has(told(portworx_with(kKey), api_server(snapshot)), "PXS202"));
}

TEST_CASE("for the API server, which has shown its certificate, bytes are compared") {
  const auto snapshot = portworx_and_keys();
  const std::string right = told(stork_that_says(kKey), api_server(snapshot));
  const std::string wrong = told(stork_that_says(kOther), api_server(snapshot));
  CAPTURE(wrong);
  CHECK_FALSE(has(right, "PXS202"));
  CHECK(has(wrong, "PXS202"));
  CHECK(has(wrong, "refused"));
  CHECK_FALSE(has(wrong, "canary"));
}

TEST_CASE("what is referred to is compared for everybody") {
  const auto snapshot = portworx_and_keys();
  CHECK_FALSE(has(told(stork_that_reads("pxkeys"), stranger(snapshot)), "PXS202"));
  CHECK_FALSE(has(told(stork_that_reads("copy"), stranger(snapshot)), "PXS202"));
  const std::string other = told(stork_that_reads("others"), stranger(snapshot));
  CAPTURE(other);
  CHECK(has(other, "PXS202"));
  CHECK(has(other, "refused"));
  CHECK_FALSE(has(other, "canary"));
}

TEST_CASE("a Secret outside of the list is unknown, and what would settle it is said") {
  const auto snapshot = portworx_and_keys();
  const ReviewView view = stranger(snapshot);
  const auto facts = view.secret(stork_that_reads("x"), "kube-system", "x");
  REQUIRE(facts.is_unknown());
  CHECK(has(facts.needs(), "secrets: [x]"));
  CHECK(has(facts.needs(), "resourceNames: [x]"));
}

TEST_CASE("a token that is sent is checked against no key that the view knows") {
  FakeApi api;
  api.put(kPortworx);
  api.put(secret("pxkeys", kKey));
  const std::string token = test::signed_with(kKey, R"({"iss":"apps.portworx.io"})");
  const std::string text =
      "apiVersion: v1\nkind: Secret\nmetadata: {name: px-user-token, namespace: kube-system}\n"
      "stringData: {auth-token: " +
      token + "}\n";
  api.put(text);
  const auto snapshot = cluster_of(api, {"pxkeys", "px-user-token"});
  const model::KeyPlace place{.kind = jwt::KeyKind::Secret,
                              .object_kind = "Secret",
                              .ns = "kube-system",
                              .name = "pxkeys",
                              .key = "stork-secret"};
  const ReviewView view = api_server(snapshot);
  // The same words, but sent: with the certificate or without.
  CHECK(view.signature(test::object(text), place) == model::Signature::Unknown);
  for (const model::Object* object : snapshot->objects()) {
    if (object->id().name == "px-user-token")
      CHECK(view.signature(*object, place) == model::Signature::Valid);
  }
}

TEST_CASE("what is older than two minutes is unknown to a review, and said; an audit has it") {
  const auto snapshot = portworx_and_keys();
  const auto stork = stork_that_reads("others");
  const ReviewView fresh(snapshot, {.now = view_time() + 90s});
  CHECK_FALSE(fresh.age_used());
  CHECK(fresh.portworx(stork).get() != nullptr);
  REQUIRE(fresh.age_used());
  CHECK(fresh.age_used()->count() >= 90);
  CHECK(fresh.age_used()->count() < 120);

  const ReviewView late(snapshot, {.now = view_time() + 3min});
  const auto portworx = late.portworx(stork);
  REQUIRE(portworx.is_unknown());
  CHECK(has(portworx.needs(), "last known"));
  CHECK(late.secret(stork, "kube-system", "pxkeys").is_unknown());
  CHECK_FALSE(late.age_used());  // nothing of it was relied on
  CHECK_FALSE(late.storks(*portworx_and_keys()->objects().front()).complete);
  CHECK(has(told(stork, fresh), "refused"));
  const std::string unsure = told(stork, late);
  CAPTURE(unsure);
  CHECK_FALSE(has(unsure, "PXS202 0"));
  CHECK(has(unsure, "unverified PXS202"));
  CHECK(snapshot->portworx(stork).get() != nullptr);
}

TEST_CASE("a kind that may no longer be read is unknown at once") {
  Contents contents = portworx_and_keys()->contents();
  for (auto& table : contents.tables) {
    if (table->status.resource.kind != "DaemonSet") continue;
    KindStatus status = table->status;
    status.state = State::Forbidden;
    table = std::make_shared<const Table>(status, table->freshness, table->kept);
  }
  const auto snapshot = std::make_shared<const Snapshot>(std::move(contents));
  const ReviewView view = stranger(snapshot);
  CHECK(view.portworx(stork_that_reads("pxkeys")).is_unknown());
  CHECK(has(view.portworx(stork_that_reads("pxkeys")).needs(), "forbidden"));
}

}  // namespace
}  // namespace pxguard::cluster
