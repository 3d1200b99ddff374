#include "cli/explain.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include <unistd.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/rule_docs.h"
#include "cli/rules_list.h"
#include "cli/version.h"
#include "rules/catalogue.h"

namespace pxguard::cli {
namespace {

struct Said {
  int status;
  std::string out;
  std::string err;
};

Said explained(const std::string& rule) {
  std::ostringstream out, err;
  const int status = explain({.rule = rule}, out, err);
  return {status, out.str(), err.str()};
}

Said listed(std::vector<std::string> formats) {
  std::ostringstream out, err;
  const int status = list_rules({.formats = std::move(formats)}, out, err);
  return {status, out.str(), err.str()};
}

Said version_in(const std::string& format) {
  std::ostringstream out, err;
  const int status = print_version({.format = format}, out, err);
  return {status, out.str(), err.str()};
}

// A folder of this test that is gone afterwards.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(path_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

bool is_printable(char c) { return c == '\n' || (c >= ' ' && c < 0x7f); }

bool has_line(const std::string& text, std::string_view wanted) {
  const auto lines = split(text, '\n');
  return std::find(lines.begin(), lines.end(), wanted) != lines.end();
}

}  // namespace

TEST_CASE("a rule is explained by its id in any case and by its name, in the same words") {
  const Said by_id = explained("PXS101");
  CHECK(by_id.status == 0);
  CHECK(by_id.err.empty());
  CHECK(by_id.out.starts_with("PXS101 system-key-missing\n\nWhat\n"));
  CHECK(explained("pxs101").out == by_id.out);
  CHECK(explained("system-key-missing").out == by_id.out);
}

TEST_CASE("an unknown rule is wrong usage, with the rule that was meant where there is one") {
  CHECK(explained("system-key-mising").status == 2);
  CHECK(explained("system-key-mising").out.empty());
  CHECK(explained("system-key-mising").err ==
        "unknown rule \"system-key-mising\"; did you mean \"system-key-missing\"?\n");
  CHECK(explained("pxs1101").err == "unknown rule \"pxs1101\"; did you mean \"PXS101\"?\n");
  CHECK(explained("zzz\x1b[31m").err ==
        "unknown rule \"zzz?[31m\"; `pxguard rules` lists them all\n");
  CHECK(explained("").status == 2);
}

TEST_CASE("every rule is explained with all of its parts, in ASCII") {
  for (const rules::Rule* rule : rules::catalogue_by_id()) {
    CAPTURE(rule->id);
    const Said said = explained(std::string(rule->id));
    CHECK(said.status == 0);
    CHECK(std::all_of(said.out.begin(), said.out.end(), is_printable));
    for (const std::string_view heading :
         {"What", "Why", "Fix", "Check by hand", "Sources", "Page"}) {
      CAPTURE(heading);
      CHECK(has_line(said.out, heading));
    }
    CHECK(has_line(said.out, "Bad") == !examples_of(*rule, Quality::Bad).empty());
    CHECK(has_line(said.out, "Good") == !examples_of(*rule, Quality::Good).empty());
  }
}

TEST_CASE("prose stays within 100 columns; only an example or a quoted argument may be wider") {
  for (const rules::Rule* rule : rules::catalogue_by_id()) {
    const std::string text = explained(std::string(rule->id)).out;
    for (const std::string_view line : split(text, '\n')) {
      const bool is_example = line.starts_with("    ");
      const bool is_torn_only_in_quotes = line.find('\'') != std::string_view::npos;
      CAPTURE(line);
      CHECK((line.size() <= 100 || is_example || is_torn_only_in_quotes));
    }
  }
}

TEST_CASE("the embedded examples are the files, and each belongs to a rule") {
  std::size_t files = 0;
  const std::filesystem::path root = PXGUARD_SOURCE_DIR "/rules/examples";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".yaml") ++files;
  }
  CHECK(rule_examples().size() == files);
  for (const Example& example : rule_examples()) {
    CAPTURE(example.folder);
    CAPTURE(example.file);
    std::ifstream file(root / example.folder / example.file);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == example.text);
    std::string name(example.folder);
    std::replace(name.begin(), name.end(), '_', '-');
    CHECK(rules::find_rule(name) != nullptr);
  }
}

TEST_CASE("the table of rules has a line for each rule, sorted, within 100 columns") {
  const Said said = listed({});
  CHECK(said.status == 0);
  std::vector<std::string> ids;
  for (const std::string_view line : split(said.out, '\n')) {
    CHECK(line.size() <= 100);
    if (line.starts_with("PXS")) ids.emplace_back(line.substr(0, 6));
  }
  CHECK(ids.size() == rules::catalogue().size());
  CHECK(std::is_sorted(ids.begin(), ids.end()));
  CHECK(listed({"text"}).out == said.out);
}

TEST_CASE("the rules as JSON have what other programs need") {
  const Said said = listed({"json"});
  CHECK(said.status == 0);
  const auto json = nlohmann::json::parse(said.out);
  CHECK(json["rules"].size() == rules::catalogue().size());
  for (const auto& rule : json["rules"]) {
    if (rule["id"] != "PXS101") continue;
    CHECK(rule["name"] == "system-key-missing");
    CHECK(rule["severity"] == "error");
    CHECK(rule["gatesUpgrade"] == true);
    CHECK(rule["since"] == "0.1");
    CHECK(rule["docs"] == "docs/rules/PXS101-system-key-missing.md");
    CHECK_FALSE(rule["title"].get<std::string>().empty());
  }
}

TEST_CASE("a wrong format is wrong usage, and nothing is written before that is known") {
  CHECK(listed({"json", "xml"}).status == 2);
  CHECK(listed({"json", "xml"}).out.empty());
  CHECK(listed({"xml"}).err ==
        "rules: unknown format \"xml\", want text, json or markdown=FOLDER\n");
  CHECK(listed({"markdown"}).status == 2);
}

TEST_CASE("the Markdown pages are one for each rule and an index that leads to them") {
  const Folder folder("pxguard-rule-docs-");
  CHECK(listed({"markdown=" + folder.path() + "/deeper"}).status == 0);
  const std::string index = folder.read("deeper/README.md");
  std::size_t pages = 0;
  for (const rules::Rule* rule : rules::catalogue()) {
    CAPTURE(rule->id);
    CHECK(index.find("](" + page_name(*rule) + ")") != std::string::npos);
    const std::string page = folder.read("deeper/" + page_name(*rule));
    CHECK(page == rule_page(*rule));
    CHECK(page.find("\n# " + std::string(rule->id) + " ") != std::string::npos);
    for (const std::string_view heading : {"## Why", "## Fix", "## Check by hand", "## Sources"}) {
      CHECK(has_line(page, heading));
    }
    ++pages;
  }
  const auto files = std::filesystem::directory_iterator(folder.path() + "/deeper");
  CHECK(static_cast<std::size_t>(std::distance(begin(files), end(files))) == pages + 2);
}

TEST_CASE("an output that cannot be written is our fault and says which") {
  const Said said = listed({"json=/nonexistent/rules.json"});
  CHECK(said.status == 5);
  CHECK(said.err.starts_with("/nonexistent/rules.json: "));
}

TEST_CASE("the version says what this is") {
  CHECK(version_in("text").status == 0);
  CHECK(version_in("text").out.starts_with("pxguard " + std::string(version()) + " (commit "));
  const auto json = nlohmann::json::parse(version_in("json").out);
  CHECK(json["version"] == version());
  CHECK(json["commit"] == commit());
  CHECK(json["rules"] == rules::catalogue().size());
  CHECK(version_in("yaml").status == 2);
  CHECK_FALSE(commit().empty());
}

}  // namespace pxguard::cli
