// The lint for rules: what every rule must have, whatever it finds.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "rules/catalogue.h"

namespace pxguard::rules {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestTitle = 72;

const fs::path& rules_folder() {
  static const fs::path folder = fs::path(PXGUARD_SOURCE_DIR) / "rules";
  return folder;
}

std::set<std::string> symbols_in_folder() {
  std::set<std::string> symbols;
  for (const auto& entry : fs::directory_iterator(rules_folder() / "checks")) {
    if (entry.path().extension() == ".cc") symbols.insert(entry.path().stem().string());
  }
  return symbols;
}

std::string symbol_of(const Rule& rule) {
  std::string symbol(rule.name);
  std::replace(symbol.begin(), symbol.end(), '-', '_');
  return symbol;
}

bool is_sentence(std::string_view text) { return text.size() > 1 && text.ends_with('.'); }

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool has_example(const Rule& rule, std::string_view prefix) {
  const fs::path folder = rules_folder() / "examples" / symbol_of(rule);
  if (!fs::is_directory(folder)) return false;
  const auto entries = fs::directory_iterator(folder);
  return std::any_of(begin(entries), end(entries), [prefix](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    return name.starts_with(prefix) && name.ends_with(".yaml") && !name.ends_with(".old.yaml");
  });
}

TEST_CASE("every file in rules/checks is a rule of the catalogue, and the reverse") {
  std::set<std::string> listed;
  for (const Rule* rule : catalogue()) listed.insert(symbol_of(*rule));
  CHECK(listed == symbols_in_folder());
  CHECK(catalogue().size() == listed.size());
}

TEST_CASE("an id is PXS and three digits, and belongs to one rule") {
  std::set<std::string_view> ids;
  for (const Rule* rule : catalogue()) {
    CAPTURE(rule->name);
    CHECK(rule->id.size() == 6);
    CHECK(rule->id.starts_with("PXS"));
    CHECK(std::all_of(rule->id.begin() + 3, rule->id.end(),
                      [](char c) { return c >= '0' && c <= '9'; }));
    CHECK(ids.insert(rule->id).second);
  }
}

TEST_CASE("a title is one short sentence without full stop") {
  for (const Rule* rule : catalogue()) {
    CAPTURE(rule->id);
    CHECK_FALSE(rule->title.empty());
    CHECK_FALSE(rule->title.ends_with('.'));
    CHECK(rule->title.size() <= kLongestTitle);
    CHECK(is_printable_ascii(rule->title));
  }
}

TEST_CASE(
    "a rule says why it matters, how to mend it, how to look by hand and where it comes from") {
  for (const Rule* rule : catalogue()) {
    CAPTURE(rule->id);
    CHECK(is_sentence(rule->rationale));
    CHECK(is_sentence(rule->fix));
    CHECK(is_printable_ascii(rule->rationale));
    CHECK(is_printable_ascii(rule->fix));
    CHECK((rule->by_hand.starts_with("kubectl ") || rule->by_hand.starts_with("pxctl ")));
    CHECK_FALSE(rule->source.empty());
    CHECK_FALSE(rule->since.empty());
    CHECK_FALSE(rule->checks.empty());
  }
}

TEST_CASE("a rule has a good and a bad example") {
  for (const Rule* rule : catalogue()) {
    CAPTURE(rule->id);
    CHECK(has_example(*rule, "good-"));
    CHECK(has_example(*rule, "bad-"));
  }
}

TEST_CASE("examples belong to rules that exist") {
  const std::set<std::string> symbols = symbols_in_folder();
  for (const auto& entry : fs::directory_iterator(rules_folder() / "examples")) {
    if (!entry.is_directory()) continue;
    CAPTURE(entry.path().string());
    CHECK(symbols.contains(entry.path().filename().string()));
  }
}

TEST_CASE("a rule is found by its id in any case and by its name") {
  CHECK(find_rule("pxs101") == find_rule("system-key-missing"));
  CHECK(find_rule("PXS101") != nullptr);
  CHECK(find_rule("no-such-rule") == nullptr);
}

}  // namespace
}  // namespace pxguard::rules
