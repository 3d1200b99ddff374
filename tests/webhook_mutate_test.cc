#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "cli/manifest/manifest_set.h"
#include "rules/json_patch.h"
#include "rules/policy/policy_file.h"
#include "tests/support/forwarding_view.h"
#include "webhook/admit.h"
#include "webhook/mend.h"
#include "webhook/mutate.h"

using namespace pxguard;
using Json = nlohmann::json;

namespace {

policy::Policy policy_of(const std::string& rules) {
  auto parsed =
      policy::parse_policy("apiVersion: pxguard.io/v1alpha1\nkind: Policy\nrules:\n" + rules);
  for (const Error& error : parsed.errors) FAIL(error.message);
  return parsed.policy;
}

policy::Policy mutating() {
  return policy_of(
      "  PXS103: {mutate: true}\n  PXS106: {mutate: true}\n  PXS201: {mutate: true}\n"
      "  PXS202: {mutate: true}\n  PXS204: {mutate: true}\n  PXS302: {mutate: true}\n"
      "  PXS601: {mutate: true}\n");
}

// A secured Portworx, for Stork to be compared with.
const std::string kPortworx = R"(
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system}
spec:
  template:
    spec:
      containers:
        - name: portworx
          image: portworx/oci-monitor:3.1.0
          args: ["-c", "px", "-jwt_issuer", "example.com"]
          env:
            - {name: PORTWORX_AUTH_SYSTEM_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}}
            - {name: PORTWORX_AUTH_SYSTEM_APPS_KEY, valueFrom: {secretKeyRef: {name: pxkeys, key: stork-secret}}}
            - {name: PORTWORX_AUTH_JWT_SHAREDSECRET, valueFrom: {secretKeyRef: {name: pxkeys, key: shared-secret}}}
)";

const std::string kKey =
    R"({"name":"PX_SHARED_SECRET","valueFrom":{"secretKeyRef":{"name":"pxkeys","key":"stork-secret"}}})";
const std::string kIssuer = R"({"name":"PX_JWT_ISSUER","value":"apps.portworx.io"})";

std::string stork(const std::string& env, const std::string& metadata = "",
                  const std::string& more = "") {
  return R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"stork","namespace":"kube-system")" +
         metadata +
         R"(},"spec":{"template":{"spec":{"containers":[{"name":"stork","image":"openstorage/stork:24.3.0",)"
         R"("command":["/stork","--driver=pxd"],"env":[)" +
         env + "]" + more + "}]}}}}";
}

std::string review(const std::string& operation, const std::string& object,
                   const std::string& old = "null", const std::string& more = "") {
  return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":")" +
         operation + R"(","kind":{"group":"apps","version":"v1","kind":"Deployment"},)" +
         R"("namespace":"kube-system",)" + more + R"("object":)" + object + R"(,"oldObject":)" +
         old + "}}";
}

class Cluster {
 public:
  explicit Cluster(const std::string& more = "") : set_({{"cluster.yaml", kPortworx + more}}, {}) {}

  [[nodiscard]] Json answer(const std::string& body,
                            const policy::Policy& policy = mutating()) const {
    const auto admitted = webhook::mutate(body, policy, set_, std::chrono::system_clock::now());
    REQUIRE(admitted.http_status == 200);
    Json response = Json::parse(admitted.body)["response"];
    CHECK(response["allowed"] == true);
    CHECK(response["uid"] == "u-1");
    return response;
  }
  // The patch as text; "" where there is none.
  [[nodiscard]] std::string patch(const std::string& body,
                                  const policy::Policy& policy = mutating()) const {
    const Json response = answer(body, policy);
    if (!response.contains("patch")) return {};
    CHECK(response["patchType"] == "JSONPatch");
    return base64_decode(response["patch"].get<std::string>()).value();
  }

 private:
  manifest::ManifestSet set_;
};

std::string applied(const std::string& patch, const std::string& object) {
  return Json::parse(object).patch(Json::parse(patch)).dump();
}

}  // namespace

TEST_CASE("what Stork lacks is added, in the smallest patch, and said") {
  const Cluster cluster;
  const std::string object = stork("");
  const Json response = cluster.answer(review("CREATE", object));
  CHECK(base64_decode(response["patch"].get<std::string>()).value() ==
        R"([{"op":"add","path":"/spec/template/spec/containers/0/env/-","value":)" + kIssuer +
            R"(},{"op":"add","path":"/spec/template/spec/containers/0/env/-","value":)" + kKey +
            "}]");
  REQUIRE(response["warnings"].size() >= 1);
  CHECK(response["warnings"][0] ==
        "PXS201 Deployment kube-system/stork: mended: pxguard adds PX_SHARED_SECRET to "
        "spec.template.spec.containers[stork].env, adds PX_JWT_ISSUER to "
        "spec.template.spec.containers[stork].env");
  CHECK(response["auditAnnotations"]["mode"] == "mutate");
  const std::string mended = response["auditAnnotations"]["mended"];
  CHECK(mended.starts_with("PXS201 adds PX_SHARED_SECRET"));
}

TEST_CASE("nothing is mended that the policy does not say, and nothing by default") {
  const Cluster cluster;
  const std::string body = review("CREATE", stork(""));
  CHECK(cluster.patch(body, policy::Policy::defaults()).empty());
  CHECK(cluster.patch(body, policy_of("  PXS202: {mutate: true}\n")).empty());
  CHECK(cluster.patch(body, policy_of("  PXS201: deny\n")).empty());
}

TEST_CASE("what was mended is not mended again, whoever asks once more") {
  const Cluster cluster;
  const std::string object = stork("");
  const std::string once = applied(cluster.patch(review("CREATE", object)), object);
  CHECK(cluster.patch(review("CREATE", once)).empty());
  CHECK(cluster.patch(review("UPDATE", once, once)).empty());
}

TEST_CASE("what another webhook puts before or behind is left alone, and the result is the same") {
  const Cluster cluster;
  const std::string sidecar =
      R"({"name":"istio-proxy","image":"istio/proxyv2:1.20","env":[{"name":"A","value":"1"}]})";
  Json before = Json::parse(stork(""));
  before["spec"]["template"]["spec"]["containers"].insert(
      before["spec"]["template"]["spec"]["containers"].begin(), Json::parse(sidecar));
  before["metadata"]["labels"]["a/b~c"] = "x";
  const std::string first = applied(cluster.patch(review("CREATE", before.dump())), before.dump());

  Json behind = Json::parse(applied(cluster.patch(review("CREATE", stork(""))), stork("")));
  behind["spec"]["template"]["spec"]["containers"].insert(
      behind["spec"]["template"]["spec"]["containers"].begin(), Json::parse(sidecar));
  behind["metadata"]["labels"]["a/b~c"] = "x";
  CHECK(cluster.patch(review("CREATE", behind.dump())).empty());
  CHECK(first == behind.dump());
}

TEST_CASE("what the requester takes away is not put back") {
  const Cluster cluster;
  const std::string mended = stork(kKey + "," + kIssuer);
  const Json response = cluster.answer(review("UPDATE", stork(""), mended));
  CHECK_FALSE(response.contains("patch"));
  const std::string warning = response["warnings"][0];
  CHECK(warning.find("not mended") != std::string::npos);
  CHECK(warning.find("this change takes away what mends it") != std::string::npos);
  // A container that is new lacks what it never had.
  Json old = Json::parse(mended);
  old["spec"]["template"]["spec"]["containers"][0]["name"] = "other";
  old["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1";
  old["spec"]["template"]["spec"]["containers"][0]["command"] = Json::array();
  CHECK_FALSE(cluster.patch(review("UPDATE", stork(""), old.dump())).empty());
}

TEST_CASE("a controller that writes its own version back is not fought with") {
  const Cluster cluster;
  const std::string own = stork("");
  std::string stored = applied(cluster.patch(review("CREATE", own)), own);
  int patches = 0;
  for (int i = 0; i < 5; ++i) {
    const std::string patch = cluster.patch(review("UPDATE", own, stored));
    patches += patch.empty() ? 0 : 1;
    stored = patch.empty() ? own : applied(patch, own);
  }
  // Once it has its way, the fault is old: what is added is new then, and taken away once more.
  CHECK(patches <= 2);
}

TEST_CASE("the operator's objects, those of controllers and mirrors are never touched") {
  const Cluster cluster;
  const auto owned = [](const std::string& api, const std::string& kind) {
    return R"(,"ownerReferences":[{"apiVersion":")" + api + R"(","kind":")" + kind +
           R"(","name":"x","uid":"u","controller":true}])";
  };
  CHECK(
      cluster
          .patch(review("CREATE", stork("", owned("core.libopenstorage.org/v1", "StorageCluster"))))
          .empty());
  CHECK(cluster.patch(review("CREATE", stork("", owned("argoproj.io/v1", "Rollout")))).empty());
  CHECK(cluster
            .patch(review("CREATE",
                          stork("", R"(,"annotations":{"kubernetes.io/config.mirror":"x"})")))
            .empty());
  CHECK(cluster
            .patch(review("CREATE", stork(""), "null",
                          R"("userInfo":{"username":"system:serviceaccount:kube-system:stork"},)"))
            .empty());
  CHECK(cluster.patch(review("CREATE", stork(""), "null", R"("subResource":"scale",)")).empty());
  CHECK(cluster.patch(review("DELETE", "null", stork(""))).empty());
}

namespace {

std::string pod(const std::string& owners) {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"stork-1","namespace":"kube-system")" +
         owners +
         R"(},"spec":{"containers":[{"name":"stork","image":"openstorage/stork:24.3.0",)"
         R"("command":["/stork","--driver=pxd"],"env":[]}]}})";
}

std::string owned_by(const std::string& kind, const std::string& name) {
  return R"(,"ownerReferences":[{"apiVersion":"apps/v1","kind":")" + kind + R"(","name":")" + name +
         R"(","uid":"u","controller":true}])";
}

// A cluster in which the Deployment of Stork is in view.
class WithDeployment final : public ForwardingView {
 public:
  WithDeployment(const model::ClusterView& cluster, const std::string& owners)
      : ForwardingView(cluster),
        document_(document("{" + owners + "}")),
        deployment_(document_, document_->root()) {}

  [[nodiscard]] model::Lookup<model::Object> object(const model::Object&, std::string_view kind,
                                                    std::string_view ns,
                                                    std::string_view name) const override {
    const bool is_it = kind == "Deployment" && ns == "kube-system" && name == "stork";
    return is_it ? model::Lookup<model::Object>::found(&deployment_)
                 : model::Lookup<model::Object>::unknown(std::string(name));
  }

 private:
  static std::shared_ptr<const json::Document> document(const std::string& metadata) {
    return std::make_shared<const json::Document>(
        json::Document::parse(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":)" +
                              metadata + "}")
            .value());
  }
  std::shared_ptr<const json::Document> document_;
  model::Object deployment_;
};

}  // namespace

TEST_CASE("a Pod is mended when it is made, where its owners are known and none is the operator") {
  const Cluster cluster;
  CHECK_FALSE(cluster.patch(review("CREATE", pod(""))).empty());
  CHECK(cluster.patch(review("UPDATE", pod(""), pod(""))).empty());
  const std::string owned = review("CREATE", pod(owned_by("ReplicaSet", "stork-abc")));
  CHECK(cluster.patch(owned).empty());

  const manifest::ManifestSet set({{"cluster.yaml", kPortworx}}, {});
  const auto is_patched = [&](const std::string& metadata) {
    const WithDeployment view(set, metadata);
    const auto now = std::chrono::system_clock::now();
    return Json::parse(webhook::mutate(owned, mutating(), view, now).body)["response"].contains(
        "patch");
  };
  CHECK(is_patched(""));
  CHECK_FALSE(is_patched(
      R"("ownerReferences":[{"apiVersion":"core.libopenstorage.org/v1","kind":"StorageCluster",)"
      R"("name":"px","controller":true}])"));
}

TEST_CASE("what the API server takes on CREATE alone is not tried on UPDATE") {
  const std::string cluster_yaml =
      "---\napiVersion: core.libopenstorage.org/v1\nkind: StorageCluster\n"
      "metadata: {name: px, namespace: portworx}\nspec:\n  image: portworx/oci-monitor:3.1.0\n"
      "  security: {enabled: true}\n";
  const manifest::ManifestSet set({{"cluster.yaml", cluster_yaml}}, {});
  const std::string sc =
      R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"c"},)"
      R"("provisioner":"pxd.portworx.com","parameters":{"repl":"2"}})";
  const auto patched = [&](const std::string& body) {
    const auto admitted = webhook::mutate(body, mutating(), set, std::chrono::system_clock::now());
    return Json::parse(admitted.body)["response"].contains("patch");
  };
  CHECK(patched(review("CREATE", sc)));
  CHECK_FALSE(patched(review("UPDATE", sc, sc)));
}

TEST_CASE("a patch that would make another finding is not sent, and the requester is told") {
  // Portworx knows no such issuer: the key alone would be the wrong one.
  const std::string object = stork(
      R"({"name":"PX_SHARED_SECRET","valueFrom":{"secretKeyRef":{"name":"other","key":"k"}}},)"
      R"({"name":"PX_SHARED_SECRET","valueFrom":{"secretKeyRef":{"name":"other","key":"k2"}}})");
  const Cluster cluster;
  const Json response = cluster.answer(review("CREATE", object));
  if (response.contains("patch")) {
    const std::string patch = base64_decode(response["patch"].get<std::string>()).value();
    const std::string after = applied(patch, object);
    CHECK(cluster.patch(review("CREATE", after)).empty());
  }
  CHECK(response.contains("warnings"));
}

TEST_CASE("what is no review is answered with 400") {
  const manifest::ManifestSet set({{"a.yaml", kPortworx}}, {});
  CHECK(webhook::mutate("{}", mutating(), set, std::chrono::system_clock::now()).http_status ==
        400);
}

TEST_CASE("what cannot be changed any more, or goes, is left alone, and why is known") {
  const Cluster cluster;
  const manifest::ManifestSet set({{"a.yaml", kPortworx}}, {});
  const auto reason = [&set](const std::string& operation, const std::string& object) {
    const auto parsed = webhook::parse_review(review(operation, object, object));
    REQUIRE(parsed.has_value());
    return webhook::reason_to_leave(*parsed, set, mutating());
  };
  const std::string job =
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j","namespace":"kube-system"}})";
  CHECK(reason("CREATE", job).empty());
  CHECK(reason("UPDATE", job) == "its template cannot be changed");
  CHECK(reason("UPDATE", pod("")) == "its template cannot be changed");
  CHECK(reason("UPDATE", stork("")).empty());
  CHECK(reason("UPDATE", stork("", R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")")) ==
        "it is being deleted");
  CHECK(reason("CREATE", pod(owned_by("ReplicaSet", "stork-abc")))
            .starts_with("whose it is cannot be told"));
}
