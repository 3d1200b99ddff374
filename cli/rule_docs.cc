#include "cli/rule_docs.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/text.h"
#include "rules/catalogue.h"
#include "rules/symptoms.h"

namespace pxguard::cli {
namespace {

constexpr std::string_view kGenerated =
    "<!-- Written by `pxguard rules --format markdown=docs/rules`; change the rule instead. "
    "-->\n\n";

// A sentence as Markdown: nothing in it is markup.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("\\`*_<>|[]").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string fenced(std::string_view language, std::string_view text) {
  std::string block = fmt::format("```{}\n{}", language, text);
  if (!block.ends_with('\n')) block += '\n';
  return block + "```\n";
}

std::string page_section(std::string_view title, std::string_view text) {
  return text.empty() ? "" : fmt::format("\n## {}\n\n{}\n", title, escaped(text));
}

std::string examples_section(std::string_view title, const rules::Rule& rule, Quality quality) {
  const auto examples = examples_of(rule, quality);
  if (examples.empty()) return "";
  std::string text = fmt::format("\n## {}\n", title);
  for (const Example& example : examples) {
    text += fmt::format("\n`{}`\n\n{}", example.file, fenced("yaml", example.text));
  }
  return text;
}

std::string by_hand_section(const rules::Rule& rule) {
  if (!is_command(rule.by_hand)) return page_section("Check by hand", rule.by_hand);
  return "\n## Check by hand\n\n" + fenced("sh", rule.by_hand);
}

std::string_view gate(const rules::Rule& rule) { return rule.gates_upgrade ? "yes" : "no"; }

std::string folder_of(const rules::Rule& rule) {
  std::string folder(rule.name);
  std::replace(folder.begin(), folder.end(), '-', '_');
  return folder;
}

std::string seen(const rules::Symptom& symptom) {
  return symptom.is_message ? fmt::format("`{}`", symptom.seen) : escaped(symptom.seen);
}

std::string symptoms_part(const rules::Rule& rule) {
  const auto symptoms = rules::symptoms_of(rule);
  if (symptoms.empty()) return "";
  std::string text = "\n## What is seen when it is too late\n\n";
  for (const rules::Symptom* symptom : symptoms) {
    text += fmt::format("- {} ({}): {}\n", seen(*symptom), escaped(symptom->where),
                        escaped(symptom->means));
  }
  return text;
}

std::string links(std::string_view ids) {
  std::string text;
  for (const std::string_view id : split(ids, ' ')) {
    const rules::Rule* rule = rules::find_rule(id);
    if (rule == nullptr) continue;
    text += fmt::format("{}[{}]({})", text.empty() ? "" : ", ", id, page_name(*rule));
  }
  return text;
}

Result<std::size_t> make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return Error{Error::Code::Unavailable, "the folder cannot be made: " + error.message()};
  return std::size_t{0};
}

}  // namespace

std::vector<Example> examples_of(const rules::Rule& rule, Quality quality) {
  std::vector<Example> examples;
  for (const Example& example : rule_examples()) {
    if (example.folder == folder_of(rule) && example.is_good() == (quality == Quality::Good)) {
      examples.push_back(example);
    }
  }
  return examples;
}

const Example* example_of(const rules::Rule& rule, Quality quality) {
  const Example* best = nullptr;
  bool is_best_full = false;
  for (const Example& example : rule_examples()) {
    if (example.folder != folder_of(rule) || example.is_good() != (quality == Quality::Good) ||
        example.file.ends_with(".old.yaml"))
      continue;
    const std::string plain = std::string(rule.id) + "(info)";
    const bool is_full = example.text.find(plain) == std::string_view::npos;
    const bool is_better = best == nullptr || (is_full && !is_best_full) ||
                           (is_full == is_best_full && example.text.size() < best->text.size());
    if (!is_better) continue;
    best = &example;
    is_best_full = is_full;
  }
  return best;
}

bool is_command(std::string_view text) {
  return text.starts_with("kubectl ") || text.starts_with("pxctl ") || text.starts_with("pxguard ");
}

std::string page_name(const rules::Rule& rule) {
  return fmt::format("{}-{}.md", rule.id, rule.name);
}

std::string rule_page(const rules::Rule& rule) {
  std::string page(kGenerated);
  page += fmt::format("# {} {}\n\n{}.\n\n", rule.id, rule.name, escaped(rule.title));
  page += fmt::format(
      "| severity at most | gates upgrades | since |\n| --- | --- | --- |\n| {} | {} | {} |\n",
      rules::to_string(rule.severity), gate(rule), rule.since);
  page += page_section("Why", rule.rationale);
  page += examples_section("Bad", rule, Quality::Bad);
  page += examples_section("Good", rule, Quality::Good);
  page += symptoms_part(rule);
  page += page_section("Fix", rule.fix);
  page += by_hand_section(rule);
  page += page_section("Sources", rule.source);
  page += "\n[All rules](README.md)\n";
  return page;
}

std::string rule_index() {
  const auto rules = rules::catalogue_by_id();
  std::string page(kGenerated);
  page += fmt::format(
      "# The rules\n\n{} rules. The severity is the highest that a rule uses; what is done about "
      "it is "
      "decided by the\n[policy](../policy.md). A rule that gates upgrades counts old faults again "
      "when "
      "Pods roll into them.\nWith a message of a log in hand, look it up [by "
      "symptom](symptoms.md).\n\n"
      "| id | name | severity | gates upgrades | finds |\n| --- | --- | --- | --- | --- |\n",
      rules.size());
  for (const rules::Rule* rule : rules) {
    page +=
        fmt::format("| [{}]({}) | {} | {} | {} | {} |\n", rule->id, page_name(*rule), rule->name,
                    rules::to_string(rule->severity), gate(*rule), escaped(rule->title));
  }
  return page;
}

std::string symptom_index() {
  std::string page(kGenerated);
  page +=
      "# By symptom\n\nWhat logs and events say when PX-Security is set up wrongly, and the rules "
      "that find the cause\nbefore. Messages are given without their variable parts.\n\n";
  for (const bool is_message : {true, false}) {
    page += is_message ? "| message | where | what it means | rules |\n"
                       : "\n| what happens | where | what it means | rules |\n";
    page += "| --- | --- | --- | --- |\n";
    for (const rules::Symptom& symptom : rules::symptoms()) {
      if (symptom.is_message != is_message) continue;
      page += fmt::format("| {} | {} | {} | {} |\n", seen(symptom), escaped(symptom.where),
                          escaped(symptom.means), links(symptom.rules));
    }
  }
  return page + "\n[All rules](README.md)\n";
}

Result<std::size_t> write_rule_docs(const std::string& folder) {
  if (const auto made = make_folder(folder); !made) return made.error();
  std::vector<std::pair<std::string, std::string>> pages = {{"README.md", rule_index()},
                                                            {"symptoms.md", symptom_index()}};
  for (const rules::Rule* rule : rules::catalogue_by_id()) {
    pages.emplace_back(page_name(*rule), rule_page(*rule));
  }
  for (const auto& [name, text] : pages) {
    const auto written = write_file(folder + "/" + name, text);
    if (!written) {
      return Error{written.error().code, name + ": " + written.error().message};
    }
  }
  return pages.size();
}

}  // namespace pxguard::cli
