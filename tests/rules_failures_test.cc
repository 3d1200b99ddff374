// docs/failures.md says which rule finds the cause of which report, and shows it with an example.
// Here the examples are held to it.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "rules/catalogue.h"
#include "tests/support/examples.h"

namespace pxguard::rules {
namespace {

constexpr std::size_t kReports = 31;
constexpr std::string_view kNoRule = "not in manifests: ";
constexpr std::string_view kExamples = "../rules/examples/";

struct Row {
  std::string report{};                 // F1
  std::vector<std::string> pages{};     // rules/PXS202-stork-shared-secret-differs.md
  std::vector<std::string> examples{};  // stork_shared_secret_differs/bad-issuer-left-unset.yaml
  std::string reason{};                 // why no check of manifests can help
  bool is_info = false;
};

std::vector<std::string> targets_of_links(std::string_view cell) {
  std::vector<std::string> targets;
  for (std::size_t at = cell.find("]("); at != std::string_view::npos;) {
    const std::size_t end = cell.find(')', at);
    targets.emplace_back(cell.substr(at + 2, end - at - 2));
    at = cell.find("](", end);
  }
  return targets;
}

Row row_of(const std::vector<std::string_view>& cells) {
  Row row{.report = std::string(trim(cells[1]))};
  row.pages = targets_of_links(cells[4]);
  row.is_info = cells[4].find("(info)") != std::string_view::npos;
  const std::string_view last = trim(cells[5]);
  if (last.starts_with(kNoRule)) row.reason = last.substr(kNoRule.size());
  for (const std::string& target : targets_of_links(last)) {
    CHECK(target.starts_with(kExamples));
    row.examples.push_back(target.substr(std::min(kExamples.size(), target.size())));
  }
  return row;
}

std::vector<Row> rows() {
  std::ifstream file(PXGUARD_SOURCE_DIR "/docs/failures.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<Row> found;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with("| F")) continue;
    const std::vector<std::string_view> cells = split(line, '|');
    CAPTURE(std::string(line));
    REQUIRE(cells.size() == 7);
    found.push_back(row_of(cells));
  }
  return found;
}

const Rule* rule_of_page(std::string_view page) {
  for (const Rule* rule : catalogue()) {
    if (page == "rules/" + std::string(rule->id) + "-" + std::string(rule->name) + ".md")
      return rule;
  }
  return nullptr;
}

const test::Example* example_of(const std::vector<test::Example>& all, std::string_view file) {
  const auto it = std::find_if(all.begin(), all.end(),
                               [file](const test::Example& e) { return e.file == file; });
  return it == all.end() ? nullptr : &*it;
}

// Whether the rule speaks of the example as loudly as the row says.
bool shows(const test::Example& example, const Rule& rule, bool is_info) {
  const std::vector<test::Found> findings = test::judge(example).findings;
  return std::any_of(findings.begin(), findings.end(), [&](const test::Found& found) {
    return found.rule == rule.id && (found.severity == Severity::Info) == is_info;
  });
}

bool is_any_shown(const test::Example& example, const Row& row) {
  return std::any_of(row.pages.begin(), row.pages.end(), [&](const std::string& page) {
    const Rule* rule = rule_of_page(page);
    return rule != nullptr && shows(example, *rule, row.is_info);
  });
}

TEST_CASE("the table of failures has each of the reports once, in their order") {
  const std::vector<Row> all = rows();
  REQUIRE(all.size() == kReports);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].report == "F" + std::to_string(i + 1));
}

TEST_CASE("a reported failure has a rule that finds its cause, or a reason why there is none") {
  for (const Row& row : rows()) {
    CAPTURE(row.report);
    CHECK(row.pages.empty() == !row.reason.empty());
    if (row.reason.empty()) {
      CHECK_FALSE(row.examples.empty());
    } else {
      CHECK(row.reason.size() > 30);
      CHECK(row.reason.ends_with('.'));
    }
    for (const std::string& page : row.pages) {
      CAPTURE(page);
      CHECK(rule_of_page(page) != nullptr);
    }
  }
}

TEST_CASE("the example of a reported failure is there, and shows a rule that is named for it") {
  const std::vector<test::Example> all = test::examples();
  for (const Row& row : rows()) {
    CAPTURE(row.report);
    for (const std::string& file : row.examples) {
      CAPTURE(file);
      const test::Example* example = example_of(all, file);
      CHECK(example != nullptr);
      if (example != nullptr && row.reason.empty()) CHECK(is_any_shown(*example, row));
    }
  }
}

TEST_CASE("every rule that is named for a failure is shown by one of its examples") {
  const std::vector<test::Example> all = test::examples();
  for (const Row& row : rows()) {
    CAPTURE(row.report);
    for (const std::string& page : row.pages) {
      CAPTURE(page);
      const Rule* rule = rule_of_page(page);
      CHECK(std::any_of(row.examples.begin(), row.examples.end(), [&](const std::string& file) {
        const test::Example* example = example_of(all, file);
        return rule != nullptr && example != nullptr && shows(*example, *rule, row.is_info);
      }));
    }
  }
}

}  // namespace
}  // namespace pxguard::rules
