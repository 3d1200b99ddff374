// More duplicates than anybody reads: what matters comes first, and what is not listed is counted.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <variant>

#include "cli/manifest/manifest_set.h"
#include "rules/catalogue.h"
#include "rules/rule.h"

namespace pxguard::rules {
namespace {

// A StorageCluster in which `count` keys that no rule reads stand twice, and security last of all.
std::string manifest_with(int count) {
  std::string text =
      "apiVersion: core.libopenstorage.org/v1\nkind: StorageCluster\n"
      "metadata: {name: px, namespace: portworx}\nspec:\n";
  for (int i = 0; i < count; ++i) {
    const std::string key = "  key" + std::to_string(i) + ": 1\n";
    text += key;
    text += key;
  }
  return text + "  security: {enabled: true}\n  security: {enabled: false}\n";
}

Findings duplicates_of(const std::string& text) {
  const manifest::ManifestSet set({{.file = "px.yaml", .content = text}}, {});
  REQUIRE(set.objects().size() == 1);
  const Settings settings;
  const Situation situation{
      .object = set.objects().front(), .view = set, .settings = settings, .now = {}};
  const Context<model::Object> context(ContextBase(situation), nullptr);
  const Rule* rule = find_rule("PXS001");
  REQUIRE(rule != nullptr);
  return std::get<CheckOf<model::Object>>(rule->checks.front())(situation.object, context);
}

std::size_t counting(const Findings& findings) {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(),
      [](const Finding& finding) { return finding.found.find(" more ") != std::string::npos; }));
}

}  // namespace

TEST_CASE("twenty duplicates are listed, and nothing is said of more") {
  const Findings findings = duplicates_of(manifest_with(19));
  CHECK(findings.size() == 20);
  CHECK(counting(findings) == 0);
}

TEST_CASE("of more than twenty duplicates the last that is listed says how many are not") {
  CHECK(duplicates_of(manifest_with(20)).back().found.ends_with("; 1 more key stands twice"));
  const Findings findings = duplicates_of(manifest_with(32));
  CHECK(findings.size() == 20);
  CHECK(counting(findings) == 1);
  CHECK(findings.back().found.ends_with("; 13 more keys stand twice"));
  CHECK(duplicates_of(manifest_with(400)).back().found.ends_with("; 381 more keys stand twice"));
}

TEST_CASE("a duplicate that a rule reads is listed before those that none reads") {
  const Findings findings = duplicates_of(manifest_with(32));
  REQUIRE_FALSE(findings.empty());
  CHECK(findings.front().at.display() == "spec.security");
  CHECK(findings.front().severity == Severity::Warning);
}

}  // namespace pxguard::rules
