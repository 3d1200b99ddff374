#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "rules/model/cluster_view.h"
#include "webhook/admit.h"

using namespace pxguard;
using Json = nlohmann::json;

namespace {

const model::EmptyView kNothing;

webhook::Admitted admit(const std::string& body) {
  static const policy::Policy policy = policy::Policy::defaults();
  return webhook::admit(body, policy, kNothing, std::chrono::system_clock::now());
}

std::string daemon_set(const std::string& env, const std::string& metadata = "") {
  return R"({"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"portworx","namespace":"kube-system")" +
         metadata +
         R"(},"spec":{"template":{"spec":{"containers":[{"name":"portworx","image":"portworx/oci-monitor:3.1.0",)"
         R"("args":["-c","px","-jwt_issuer","portworx.com"],"env":[)" +
         env + R"(]}]}}}})";
}

const std::string kJwt =
    R"({"name":"PORTWORX_AUTH_JWT_SHAREDSECRET","valueFrom":{"secretKeyRef":{"name":"pxkeys","key":"shared-secret"}}})";
const std::string kSystem =
    R"({"name":"PORTWORX_AUTH_SYSTEM_KEY","valueFrom":{"secretKeyRef":{"name":"pxkeys","key":"system-secret"}}})";

std::string review(const std::string& operation, const std::string& object,
                   const std::string& old = "null", const std::string& more = "") {
  return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":")" +
         operation +
         R"(","kind":{"group":"apps","version":"v1","kind":"DaemonSet"},"namespace":"kube-system","name":"portworx",)" +
         more + R"("object":)" + object + R"(,"oldObject":)" + old + "}}";
}

Json response(const webhook::Admitted& admitted) {
  REQUIRE(admitted.http_status == 200);
  return Json::parse(admitted.body)["response"];
}

}  // namespace

TEST_CASE("a compliant object is allowed and the uid comes back") {
  const auto admitted = admit(review("CREATE", daemon_set(kJwt + "," + kSystem)));
  const Json answer = Json::parse(admitted.body);
  CHECK(answer["apiVersion"] == "admission.k8s.io/v1");
  CHECK(answer["kind"] == "AdmissionReview");
  CHECK(answer["response"]["uid"] == "u-1");
  CHECK(answer["response"]["allowed"] == true);
  CHECK_FALSE(answer["response"].contains("status"));
  CHECK_FALSE(answer["response"].contains("warnings"));
}

TEST_CASE("a denial says what, where, why and how to mend it") {
  const Json answer = response(admit(review("CREATE", daemon_set(kJwt))));
  CHECK(answer["allowed"] == false);
  CHECK(answer["status"]["code"] == 403);
  CHECK(answer["status"]["reason"] == "Forbidden");
  const std::string message = answer["status"]["message"];
  CHECK(
      message.starts_with("1 problem in DaemonSet kube-system/portworx\nPXS101 PX-Security is on "
                          "without the system key\n"));
  for (const char* label : {"\n  at    spec.template.spec.containers[portworx].env\n", "\n  found ",
                            "\n  want  ", "\n  why   ", "\n  fix   "}) {
    CHECK_MESSAGE(message.find(label) != std::string::npos, label);
  }
  CHECK(answer["auditAnnotations"]["rules"] == "PXS101");
  CHECK(answer["auditAnnotations"]["mode"] == "deny");
}

TEST_CASE("what is not a review is answered with 400 and a reason") {
  struct Case {
    std::string body;
    std::string reason;
  };
  const Case cases[] = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {"[]", "it is a list"},
      {"null", "it is null"},
      {R"({"kind":"Pod"})", "kind is not AdmissionReview"},
      {R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1"})",
       "want admission.k8s.io/v1"},
      {R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"})", "request is missing"},
      {R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":[]})",
       "request is missing"},
      {R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}})",
       "uid is missing"},
      {R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","operation":"PATCH"}})",
       "operation"},
      {review("CREATE", "null"), "request.object is missing"},
      {review("CREATE", "[1]"), "request.object is missing"},
      {review("DELETE", "null"), "request.oldObject is missing"},
      {review("CREATE", "{\"a\":\"\xff\"}"), "not UTF-8"},
      {review("CREATE", "{\"a\":1e400}"), "out of range"},
      {review("CREATE", std::string(255, '[') + std::string(255, ']')), "nested deeper than 256"},
  };
  for (const Case& c : cases) {
    const auto admitted = admit(c.body);
    CHECK(admitted.http_status == 400);
    CHECK_MESSAGE(admitted.body.find(c.reason) != std::string::npos, admitted.body);
  }
}

TEST_CASE("fields of the wrong type read as absent and crash nothing") {
  for (
      const char* object :
      {R"({"kind":7,"metadata":[],"spec":"x"})",
       R"({"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"annotations":[],"ownerReferences":{}},"spec":{"template":null}})",
       R"({"apiVersion":"apps/v1","kind":"DaemonSet","spec":{"template":{"spec":{"containers":null}}}})",
       R"({"apiVersion":"apps/v1","kind":"DaemonSet","spec":{"template":{"spec":{"containers":[null,7,{"name":1,"image":[],"env":{},"args":"x"}]}}}})",
       R"({"apiVersion":"v1","kind":"Secret","data":[1],"stringData":{"a":1}})",
       R"({"apiVersion":"core.libopenstorage.org/v1","kind":"StorageCluster","spec":{"security":{"enabled":"true","auth":[]}}})"}) {
    CHECK(admit(review("CREATE", object)).http_status == 200);
    CHECK(admit(review("UPDATE", object, object)).http_status == 200);
    CHECK(admit(review("DELETE", "null", object)).http_status == 200);
  }
}

TEST_CASE("a DELETE is judged on the object that goes, whatever object holds") {
  CHECK(response(admit(review("DELETE", "null", daemon_set(kJwt))))["allowed"] == true);
}

TEST_CASE("of two equal keys the last one is judged, and the requester is told") {
  const std::string twice = daemon_set(kJwt, R"(,"name":"portworx")");
  const Json answer = response(admit(review("CREATE", twice)));
  CHECK(answer["allowed"] == false);
  REQUIRE(answer.contains("warnings"));
  CHECK(answer["warnings"].back().get<std::string>().find("stand twice") != std::string::npos);
}

TEST_CASE("a dry run gets the verdict of the live request") {
  const Json live = response(admit(review("CREATE", daemon_set(kJwt))));
  const Json dry = response(admit(review("CREATE", daemon_set(kJwt), "null", R"("dryRun":true,)")));
  CHECK(live == dry);
}

TEST_CASE("a name that is only in the request is the object's name") {
  const std::string nameless =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"generateName":"px-"},"spec":{}})";
  CHECK(admit(review("CREATE", nameless)).summary.object == "Pod kube-system/px-*");
  CHECK(admit(review("CREATE", R"({"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{}})"))
            .summary.object == "Pod kube-system/portworx");
}

TEST_CASE("a review of 17 MB is judged") {
  // The API server writes < as six bytes.
  std::string padding;
  for (int i = 0; i < 2'900'000; ++i) padding += "\\u003c";
  const auto admitted =
      admit(review("CREATE", daemon_set(kJwt, R"(,"annotations":{"a":")" + padding + R"("})")));
  CHECK(response(admitted)["allowed"] == false);
}

TEST_CASE("warnings keep to the limits of the API server and say how many are left out") {
  std::string env = kJwt + "," + kSystem;
  for (int i = 0; i < 60; ++i)
    env += R"(,{"name":"PORTWORX_AUTH_SOMETHING_)" + std::to_string(i) + R"(","value":"x"})";
  const Json answer = response(admit(review("CREATE", daemon_set(env))));
  REQUIRE(answer.contains("warnings"));
  std::size_t all = 0;
  for (const auto& warning : answer["warnings"]) {
    const auto text = warning.get<std::string>();
    CHECK(text.size() <= 256);
    all += text.size();
  }
  CHECK(all <= 4096);
  CHECK(answer["warnings"].back().get<std::string>().find("left out") != std::string::npos);
}

TEST_CASE("thirty thousand unknown variables are judged, and most of them left out of the answer") {
  std::string env = kJwt;
  for (int i = 0; i < 30'000; ++i)
    env += R"(,{"name":"PORTWORX_AUTH_X)" + std::to_string(i) + R"(","value":"x"})";
  const auto admitted = admit(review("UPDATE", daemon_set(env), daemon_set(env)));
  CHECK(admitted.summary.findings.size() == 30'001);
  CHECK(admitted.body.size() < 20'000);
}

TEST_CASE("no value of a secret is in any answer") {
  const std::string canary = "canary-3e91b7";
  const std::string literal = R"({"name":"PORTWORX_AUTH_SYSTEM_KEY","value":")" + canary +
                              R"("},{"name":"PX_SHARED_SECRET","value":")" + canary + R"("})";
  const std::string annotated =
      R"(,"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"env\":[{\"name\":\"PORTWORX_AUTH_SYSTEM_KEY\",\"value\":\")" +
      canary + R"(\"}]}"})";
  const std::string secret =
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"pxkeys","namespace":"kube-system"},"stringData":{"system-secret":")" +
      canary + R"("}})";
  const std::string other =
      R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"pxkeys","namespace":"kube-system"},"data":{"system-secret":"b3RoZXI="}})";
  for (const auto& body : {review("CREATE", daemon_set(literal + "," + kJwt, annotated)),
                           review("UPDATE", secret, other), review("DELETE", "null", secret)}) {
    const auto admitted = admit(body);
    CHECK(admitted.http_status == 200);
    CHECK(admitted.body.find(canary) == std::string::npos);
    CHECK(admitted.summary.object.find(canary) == std::string::npos);
  }
}
