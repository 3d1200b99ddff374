// pxguard certs show and certs rotate, of a cluster.
#include <doctest/doctest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "certs/custody.h"
#include "cli/certificates.h"
#include "cli/certs_show.h"
#include "cli/trust_setup.h"
#include "cluster/certificate_secret.h"
#include "tests/support/fake_api.h"

namespace pxguard::cli {
namespace {

using Json = nlohmann::json;

constexpr auto kDay = std::chrono::hours(24);
const auto kNow = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
const std::string kSecret = "/api/v1/namespaces/pxguard/secrets/pxguard-tls";

struct Outcome {
  int status = 0;
  std::string out{};
  std::string err{};
};

Outcome show(test::FakeApi& api, std::chrono::system_clock::time_point now = kNow,
             const std::string& format = "text") {
  std::ostringstream out;
  std::ostringstream err;
  CertsShowOptions options;
  options.format = format;
  const int status = show_certs(options, *api.connect(), now, out, err);
  return {status, out.str(), err.str()};
}

// A Secret as pxguard writes it.
certs::Custody put_secret(test::FakeApi& api) {
  certs::Custody custody =
      certs::after(certs::Step::Do::Create, {}, {.now = kNow, .names = {"pxguard.pxguard.svc"}})
          .value();
  Wiped text;
  cluster::write_certificate_secret({"pxguard", "pxguard-tls"}, custody, "", text);
  api.put(text.text());
  return custody;
}

void put_configuration(test::FakeApi& api, const std::string& bundle) {
  api.put(Json{{"apiVersion", "admissionregistration.k8s.io/v1"},
               {"kind", "ValidatingWebhookConfiguration"},
               {"metadata", {{"name", "pxguard"}}},
               {"webhooks",
                {{{"name", "enforce.pxguard.io"},
                  {"failurePolicy", "Fail"},
                  {"clientConfig", {{"caBundle", base64_encode(bundle)}}}}}}}
              .dump());
}

TEST_CASE("certs show tells what there is and who trusts it, and never a key") {
  test::FakeApi api;
  const certs::Custody custody = put_secret(api);
  put_configuration(api, certs::bundle_of(custody));
  const Outcome text = show(api);
  CHECK(text.status == 0);
  for (const char* part :
       {"Secret pxguard/pxguard-tls", "serving", "CA", "pxguard.pxguard.svc", "90 days left",
        "sha256", "ValidatingWebhookConfiguration enforce.pxguard.io (Fail)",
        "trusts the serving certificate"}) {
    CAPTURE(part);
    CHECK_MESSAGE(text.out.find(part) != std::string::npos, text.out);
  }
  const Json json = Json::parse(show(api, kNow, "json").out);
  CHECK(json["certificates"].size() == 2);
  CHECK(json["published"][0]["notTrusted"] == "");
  const Json data = api.get(kSecret)["data"];
  for (const std::string& out : {text.out, json.dump()}) {
    CHECK(out.find("PRIVATE") == std::string::npos);
    CHECK(out.find(data["tls.key"].get<std::string>().substr(60, 20)) == std::string::npos);
  }
}

TEST_CASE("certs show ends with 1 where something has expired, is about to, or is not trusted") {
  test::FakeApi api;
  const certs::Custody custody = put_secret(api);
  put_configuration(api, certs::bundle_of(custody));
  CHECK(show(api, kNow + 60 * kDay).status == 0);
  CHECK(show(api, kNow + 70 * kDay).status == 1);
  CHECK(show(api, kNow + 70 * kDay).out.find("expires soon") != std::string::npos);
  const Outcome expired = show(api, kNow + 91 * kDay);
  CHECK(expired.status == 1);
  CHECK(expired.out.find("certificate has expired") != std::string::npos);
  put_configuration(api, "garbage");
  const Outcome garbage = show(api);
  CHECK(garbage.status == 1);
  CHECK(garbage.out.find("bundle none") != std::string::npos);
}

TEST_CASE("certs show says which Secret is not there") {
  test::FakeApi api;
  const Outcome outcome = show(api);
  CHECK(outcome.status == 3);
  CHECK(outcome.err.find("pxguard/pxguard-tls") != std::string::npos);
}

TEST_CASE("certs rotate asks for a rotation, and touches no key") {
  test::FakeApi api;
  put_secret(api);
  const Json before = api.get(kSecret)["data"];
  std::ostringstream out;
  std::ostringstream err;
  CHECK(rotate_certs({}, *api.connect(), kNow, out, err) == 0);
  CHECK(api.get(kSecret)["data"] == before);
  CHECK(api.get(kSecret)["metadata"]["annotations"].contains(std::string(cluster::kRotate)));
  CertsRotateOptions drop;
  drop.drop_old = true;
  CHECK(rotate_certs(drop, *api.connect(), kNow, out, err) == 0);
  CHECK(api.get(kSecret)["data"] == before);
  CHECK(api.get(kSecret)["metadata"]["annotations"].contains(std::string(cluster::kOldUntil)));
  CertsRotateOptions wrong;
  wrong.secret = "nowhere";
  CHECK(rotate_certs(wrong, *api.connect(), kNow, out, err) == 2);
}

TEST_CASE(
    "a certificate that nobody renews is warned about once a day, from three quarters of its "
    "life") {
  ExpiryWarning warning;
  const certs::Validity life{kNow, kNow + 100 * kDay};
  CHECK_FALSE(warning.look(life, kNow + 74 * kDay));
  CHECK(warning.look(life, kNow + 75 * kDay));
  CHECK_FALSE(warning.look(life, kNow + 75 * kDay + std::chrono::hours(23)));
  CHECK(warning.look(life, kNow + 76 * kDay));
  const auto expired = warning.look(life, kNow + 101 * kDay);
  REQUIRE(expired);
  CHECK(expired->find("has expired") != std::string_view::npos);
}

TEST_CASE("serve says which options for certificates do not go together") {
  struct Case {
    ServeOptions options;
    std::string_view why;
  };
  std::vector<Case> cases(6);
  cases[0].why = "give --tls-cert and --tls-key";
  cases[1].options.certificates = "secret=pxguard/pxguard-tls";
  cases[2].options.certificates = "pxguard-tls";
  cases[2].why = "--certificates takes secret=NAMESPACE/NAME, not \"pxguard-tls\"";
  cases[3].options.self_signed = true;
  cases[3].options.service = "pxguard";
  cases[3].why = "--service takes NAMESPACE/NAME";
  cases[4].options.tls_cert = cases[4].options.tls_key = "x";
  cases[4].options.activation = "auto";
  cases[4].why = "--activation auto needs the CA for the caBundle: give --tls-ca";
  cases[5].options.self_signed = true;
  cases[5].options.activation = "manual";
  cases[5].why = "--activation takes auto, static or none, not \"manual\"";
  for (const Case& one : cases) {
    CAPTURE(one.why);
    const std::string why = why_not_usable(one.options);
    CHECK(why.starts_with(one.why));
    CHECK(why.empty() == one.why.empty());
  }
  CHECK(names_of_service({"ns", "name"}).front() == "name.ns.svc");
}

}  // namespace
}  // namespace pxguard::cli
