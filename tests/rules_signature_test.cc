// Views of files and of a cluster decide themselves whether they tell about signatures: what a rule
// makes of their answer is tested here.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <variant>

#include "cli/manifest/manifest_set.h"
#include "rules/catalogue.h"
#include "rules/rule.h"
#include "tests/support/forwarding_view.h"

namespace pxguard::rules {
namespace {

using model::Object;
using model::Signature;

// A ManifestSet that answers.
class Knowing final : public ForwardingView {
 public:
  Knowing(const manifest::ManifestSet& set, Signature answer)
      : ForwardingView(set), answer_(answer) {}

  Signature signature(const Object& token_secret, const model::KeyPlace& place) const override {
    asked = token_secret.id().name + " by " + place.ns + '/' + place.name + '/' + place.key;
    return answer_;
  }

  mutable std::string asked;

 private:
  Signature answer_;
};

// The header and payload of a token of example.com, HS256.
constexpr std::string_view kToken =
    "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJleGFtcGxlLmNvbSIsInN1YiI6ImNhbmFyeSJ9.AAAA";

std::string manifests(std::string_view issuer) {
  return "apiVersion: core.libopenstorage.org/v1\nkind: StorageCluster\n"
         "metadata: {name: px, namespace: portworx}\n"
         "spec: {image: portworx/oci-monitor:3.1.0, security: {enabled: true, auth: {selfSigned: "
         "{issuer: " +
         std::string(issuer) +
         "}}}}\n---\napiVersion: v1\nkind: Secret\n"
         "metadata: {name: px-k8s-user, namespace: shop}\nstringData: {auth-token: " +
         std::string(kToken) + "}\n";
}

struct Outcome {
  Findings findings;
  std::string asked;
};

Outcome judge(std::string_view issuer, Signature answer) {
  const manifest::ManifestSet set({{.file = "px.yaml", .content = manifests(issuer)}}, {});
  const Knowing view(set, answer);
  const Object& secret = set.objects().back();
  const Settings settings;
  const Situation situation{.object = secret, .view = view, .settings = settings, .now = {}};
  const Context<model::SecretFacts> context(ContextBase(situation), nullptr);
  const Rule* rule = find_rule("PXS404");
  REQUIRE(rule != nullptr);
  const auto facts = model::SecretFacts::of(secret);
  return {std::get<CheckOf<model::SecretFacts>>(rule->checks.front())(facts, context), view.asked};
}

}  // namespace

TEST_CASE("a token that the cluster's shared secret has not signed is found") {
  const Outcome wrong = judge("example.com", Signature::Invalid);
  CHECK(wrong.asked == "px-k8s-user by portworx/px-shared-secret/shared-secret");
  REQUIRE(wrong.findings.size() == 1);
  CHECK(wrong.findings[0].severity == Severity::Error);
  CHECK(wrong.findings[0].reference == "signature");
}

TEST_CASE("a signature that is right, or out of sight, is no finding") {
  CHECK(judge("example.com", Signature::Valid).findings.empty());
  CHECK(judge("example.com", Signature::Unknown).findings.empty());
}

TEST_CASE("nobody asks for the signature of a token of another issuer") {
  CHECK(judge("other.example.com", Signature::Invalid).asked.empty());
}

}  // namespace pxguard::rules
