#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/file_system.h"
#include "base/limits.h"
#include "cli/rule_docs.h"
#include "rules/catalogue.h"

using namespace pxguard;

namespace {

const std::filesystem::path kPages = std::filesystem::path(PXGUARD_SOURCE_DIR) / "docs" / "rules";

std::string page(const std::string& name) {
  const auto text = read_file((kPages / name).string(), limits::kPolicyFile);
  return text ? *text : "not there: run ./dev docs";
}

}  // namespace

TEST_CASE("the pages in docs/rules are what the catalogue says: else run ./dev docs") {
  for (const rules::Rule* rule : rules::catalogue()) {
    CHECK_MESSAGE(page(cli::page_name(*rule)) == cli::rule_page(*rule), rule->id);
  }
  CHECK(page("README.md") == cli::rule_index());
  CHECK(page("symptoms.md") == cli::symptom_index());
}

TEST_CASE("docs/rules holds no page of a rule that is gone") {
  const auto pages = std::filesystem::directory_iterator(kPages);
  CHECK(static_cast<std::size_t>(std::distance(begin(pages), end(pages))) ==
        rules::catalogue().size() + 2);
}
