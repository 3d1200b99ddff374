// What there is to read about a rule: its examples, and the Markdown pages of docs/rules.
//
// Lifetime: what is returned as a view or span is constant. Threads: safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/rule.h"

namespace pxguard::cli {

// One file of rules/examples, embedded by cmake/rule_examples.cmake.
struct Example {
  std::string_view folder;  // the rule's symbol: system_key_missing
  std::string_view file;    // bad-*.yaml, good-*.yaml
  std::string_view text;

  [[nodiscard]] bool is_good() const { return file.starts_with("good"); }
};

std::span<const Example> rule_examples();  // generated; by folder, then by file

enum class Quality { Bad, Good };
std::vector<Example> examples_of(const rules::Rule& rule, Quality quality);
// The one to show where there is room for one: the shortest, of the bad ones that shows the rule at
// its highest severity. Null where there is none.
const Example* example_of(const rules::Rule& rule, Quality quality);

// A line for a shell, as opposed to a sentence.
[[nodiscard]] bool is_command(std::string_view text);

std::string page_name(const rules::Rule& rule);  // PXS101-system-key-missing.md
std::string rule_page(const rules::Rule& rule);
std::string rule_index();
std::string symptom_index();

// Writes a page for each rule, README.md and symptoms.md, and makes the folder where there is none.
// The value is the number of files.
Result<std::size_t> write_rule_docs(const std::string& folder);

}  // namespace pxguard::cli
