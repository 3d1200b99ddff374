// The examples are the tests of the rules, and the pages of their documentation. The author of a
// rule writes nothing else. tests/support/examples.h says how they are read.
#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "cli/manifest/manifest_set.h"
#include "rules/catalogue.h"
#include "tests/support/examples.h"

namespace pxguard::rules {
namespace {

using test::Example;
using test::examples;
using test::judge;

constexpr std::string_view kExpect = "# expect:";
constexpr std::string_view kCanary = "canary";

std::vector<std::string> expected(std::string_view text) {
  std::vector<std::string> findings;
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::size_t at = line.find(kExpect);
    if (at == std::string_view::npos) continue;
    std::istringstream ids{std::string(line.substr(at + kExpect.size()))};
    for (std::string id; ids >> id;) findings.push_back(std::to_string(number) + ": " + id);
  }
  std::sort(findings.begin(), findings.end());
  return findings;
}

TEST_CASE("rules find in every example exactly what its comments expect") {
  const auto all = examples();
  CHECK(all.size() > catalogue().size());
  for (const Example& example : all) {
    CAPTURE(example.file);
    CHECK(join(judge(example).shown(), ", ") == join(expected(example.text), ", "));
  }
}

TEST_CASE("no rule objects to a good example, other than with an info") {
  for (const Example& example : examples()) {
    if (!example.is_good) continue;
    CAPTURE(example.file);
    for (const std::string& finding : judge(example).shown()) {
      CAPTURE(finding);
      CHECK(finding.ends_with("(info)"));
    }
  }
}

TEST_CASE("a bad example shows the rule of its folder") {
  for (const Example& example : examples()) {
    if (example.is_good) continue;
    CAPTURE(example.file);
    std::string name = example.file.substr(0, example.file.find('/'));
    std::replace(name.begin(), name.end(), '_', '-');
    const Rule* rule = find_rule(name);
    REQUIRE(rule != nullptr);
    CHECK(example.text.find(rule->id) != std::string::npos);
  }
}

TEST_CASE("an example is read as a whole") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    const manifest::ManifestSet set({{.file = "example.yaml",
                                      .content = example.text,
                                      .is_context = false,
                                      .is_values = example.file.ends_with(".values.yaml")}},
                                    {});
    CHECK_FALSE(set.objects().empty());
    CHECK(set.problems().empty());
    CHECK(set.skipped().empty());
  }
}

TEST_CASE("what is said of an example holds none of its secrets") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    CHECK(lower(judge(example).said).find(kCanary) == std::string::npos);
  }
}

}  // namespace
}  // namespace pxguard::rules
