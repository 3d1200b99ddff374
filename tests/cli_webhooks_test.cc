// pxguard webhooks: what it prints and says; and what it does to a cluster.
#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/yaml.h"
#include "cli/webhooks.h"
#include "cli/webhooks_live.h"
#include "rules/webhooks/webhooks.h"
#include "tests/support/contains.h"
#include "tests/support/folder.h"
#include "tests/support/scripted_transport.h"
#include "webhook/metrics.h"

namespace pxguard::cli {
namespace {

using test::contains;

struct Printed {
  int status;
  std::string out, err;
};

Printed print(const WebhooksOptions& options) {
  std::ostringstream out, err;
  const int status = print_webhooks(options, out, err);
  return {status, out.str(), err.str()};
}

}  // namespace

TEST_CASE("webhooks prints the same objects as YAML and as JSON, twice the same bytes") {
  const Printed yaml = print({});
  CHECK(yaml.status == 0);
  CHECK(yaml.out == print({}).out);
  const auto documents = yaml::read(yaml.out);
  REQUIRE(documents.size() == 1);
  const auto list = nlohmann::json::parse(print({.format = WebhooksFormat::Json}).out);
  CHECK(list["kind"] == "List");
  CHECK(list["items"][0] == nlohmann::json::parse(documents[0].json));
}

TEST_CASE("the metrics have a label for every kind that is sent") {
  std::set<std::string> known;
  for (const std::string_view kind : webhook::Metrics::kKinds)
    known.insert(lower(kind) + (kind.ends_with("s") ? "es" : "s"));
  const auto wanted = webhooks::configurations_for(policy::Policy::defaults(), "pxguard");
  for (const webhooks::Entry& entry : wanted.validating) {
    for (const webhooks::ResourceRule& rule : entry.rules) {
      for (const std::string& resource : rule.resources) {
        CAPTURE(resource);
        CHECK(known.contains(resource.substr(0, resource.find('/'))));
      }
    }
  }
}

TEST_CASE("webhooks says what it cannot see, on standard error") {
  CHECK(contains(print({}).err, "not seen: key and token Secrets under other names"));
}

TEST_CASE("webhooks takes a Service or a URL, and says how they are written") {
  CHECK(contains(print({.service = "guard/px:443"}).out, "port: 443"));
  CHECK(contains(print({.url = "https://px.example:8443"}).out, "/validate"));
  for (const std::string service : {"px", "/px", "a/", "a/b:x", "a/b:0", "a/b:65536"}) {
    CAPTURE(service);
    const Printed printed = print({.service = service});
    CHECK(printed.status == 2);
    CHECK(contains(printed.err, "NAMESPACE/NAME"));
    CHECK(printed.out.empty());
  }
  for (const std::string url : {"http://a", "https://", "https://a/path", "https://a?b", "a"}) {
    CAPTURE(url);
    CHECK(print({.url = url}).status == 2);
  }
}

TEST_CASE("webhooks refuses a bundle that holds a key or no certificate, and does not show it") {
  test::Folder folder;
  folder.put("key.pem", "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\ncanary-7f3a");
  folder.put("text", "canary-7f3a");
  for (const std::string name : {"key.pem", "text", "missing"}) {
    const Printed printed = print({.ca_bundle = folder.path(name)});
    CHECK(printed.status == 3);
    CHECK_FALSE(contains(printed.err + printed.out, "canary"));
  }
}

namespace {

using testing::says;
using testing::Script;
using testing::Step;

// The answers, in order; what was asked for, as "DELETE /apis/...".
struct Opened {
  Printed printed;
  std::vector<std::string> asked;
};

Opened open(std::deque<Step> steps) {
  Script script(std::move(steps));
  cluster::Client client(std::make_unique<testing::ScriptedTransport>(script));
  std::ostringstream out, err;
  const int status = open_gate(
      client, {"guard", "pxguard"}, [](std::chrono::milliseconds) {}, out, err);
  Opened opened{{status, out.str(), err.str()}, {}};
  for (const cluster::Request& request : script.asked())
    opened.asked.push_back(request.method + ' ' + request.path.substr(0, request.path.find('?')));
  return opened;
}

const Step kMissing = says(R"({"kind":"Status","code":404})", 404);
const Step kDone = says(R"({"kind":"Status","status":"Success"})");
const Step kRuns = says(R"({"metadata":{"generation":2},"spec":{"replicas":2},
                           "status":{"observedGeneration":2,"replicas":2}})");
const Step kStops = says(R"({"metadata":{"generation":3},
                            "status":{"observedGeneration":2,"replicas":0}})");
const Step kStopped = says(R"({"metadata":{"generation":3},
                              "status":{"observedGeneration":3,"replicas":0}})");

constexpr std::string_view kValidating =
    "DELETE /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/pxguard";

}  // namespace

TEST_CASE("opening the gate takes the configurations away before and after the replicas stop") {
  const auto [printed, asked] =
      open({kDone, kMissing, kRuns, kDone, kStops, kStopped, kDone, kMissing});
  CHECK(printed.status == 0);
  REQUIRE(asked.size() == 8);
  CHECK(asked[0] == kValidating);
  CHECK(asked[3] == "PATCH /apis/apps/v1/namespaces/guard/deployments/pxguard");
  CHECK(asked[6] == kValidating);
}

TEST_CASE("opening the gate where nothing is installed is no fault") {
  CHECK(open({kMissing, kMissing, kMissing, kMissing, kMissing, kMissing}).printed.status == 0);
}

TEST_CASE("opening the gate without the right to says which right is missing") {
  const Step forbidden =
      says(R"({"kind":"Status","code":403,"message":"pxguard-open-gate cannot delete"})", 403);
  const Printed printed = open({forbidden}).printed;
  CHECK(printed.status == 3);
  CHECK(contains(printed.err, "pxguard-open-gate cannot delete"));
}

TEST_CASE("the proof is a refusal by pxguard, and nothing else is one") {
  const auto prove = [](const Step& step) {
    Script script({step});
    cluster::Client client(std::make_unique<testing::ScriptedTransport>(script));
    std::ostringstream out, err;
    const int status = prove_denial(client, out, err);
    CHECK(contains(script.asked().front().path, "dryRun=All"));
    return status;
  };
  const std::string ours =
      R"({"kind":"Status","code":403,"message":"admission webhook \"enforce.pxguard.io\" denied the)"
      R"( request: 1 problem in StorageClass pxguard-proof PXS607 ..."})";
  CHECK(prove(says(ours, 403)) == 0);
  CHECK(prove(says(R"({"kind":"StorageClass"})", 201)) == 1);
  CHECK(prove(says(R"({"kind":"Status","code":403,"message":"may not create"})", 403)) == 3);
  CHECK(prove(testing::fails(cluster::Failure::Kind::Unreachable)) == 3);
}

}  // namespace pxguard::cli
