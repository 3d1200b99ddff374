#include "cli/explain.h"

#include <algorithm>
#include <iostream>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/report/layout.h"
#include "cli/rule_docs.h"
#include "rules/catalogue.h"
#include "rules/symptoms.h"

namespace pxguard::cli {
namespace {

constexpr std::string_view kIndent = "  ";
constexpr std::size_t kCommandColumns = report::kColumns - 2;  // room for " \"

std::string prose(std::string_view text) { return report::wrap(kIndent, text); }

// The last blank outside of quotes that leaves the line short enough; npos where there is none.
std::size_t break_of(std::string_view line, std::size_t columns) {
  std::size_t best = std::string_view::npos;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size() && (i <= columns || best == std::string_view::npos);
       ++i) {
    const char c = line[i];
    const bool is_quote = c == '\'' || c == '"';
    if (is_quote && (quote == '\0' || quote == c)) quote = quote == '\0' ? c : '\0';
    if (c == ' ' && quote == '\0') best = i;
  }
  return best;
}

// A long command goes on in the next line as a shell wants it; quotes are never torn.
std::string command(std::string_view text) {
  std::string result;
  std::string indent(kIndent);
  while (indent.size() + text.size() > report::kColumns) {
    const std::size_t at = break_of(text, kCommandColumns - indent.size());
    if (at == std::string_view::npos) break;
    result += fmt::format("{}{} \\\n", indent, text.substr(0, at));
    text.remove_prefix(at + 1);
    indent = std::string(kIndent) + "  ";
  }
  return result + fmt::format("{}{}\n", indent, text);
}

std::string section(std::string_view title, std::string_view text) {
  if (text.empty()) return "";
  return fmt::format("\n{}\n{}", title, is_command(text) ? command(text) : prose(text));
}

std::string indented(std::string_view text) {
  std::string result;
  while (text.ends_with('\n')) text.remove_suffix(1);
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) result += "    " + printable(line, line.size());
    result += '\n';
  }
  return result;
}

// One of several: the others are on the page.
std::string example_section(std::string_view title, const Example* example) {
  if (example == nullptr) return "";
  return fmt::format("\n{}\n{}", title, indented(example->text));
}

std::string symptoms_section(const rules::Rule& rule) {
  std::string text;
  for (const rules::Symptom* symptom : rules::symptoms_of(rule)) {
    const std::string_view quote = symptom->is_message ? "\"" : "";
    text += prose(fmt::format("{}{}{} ({}).", quote, symptom->seen, quote, symptom->where));
  }
  return text.empty() ? "" : "\nSeen when it is too late\n" + text;
}

std::string text_of(const rules::Rule& rule) {
  const auto bad = examples_of(rule, Quality::Bad);
  const auto good = examples_of(rule, Quality::Good);
  std::string text = fmt::format("{} {}\n", rule.id, rule.name);
  text += section("What", fmt::format("{}.", rule.title));
  text += prose(fmt::format("Severity {} at most; {} upgrades; since {}.",
                            rules::to_string(rule.severity),
                            rule.gates_upgrade ? "gates" : "does not gate", rule.since));
  text += section("Why", rule.rationale);
  text += example_section("Bad", example_of(rule, Quality::Bad));
  text += example_section("Good", example_of(rule, Quality::Good));
  text += symptoms_section(rule);
  text += section("Fix", rule.fix);
  text += section("Check by hand", rule.by_hand);
  text += section("Sources", rule.source);
  const std::size_t left_out =
      std::max<std::size_t>(bad.size(), 1) + std::max<std::size_t>(good.size(), 1) - 2;
  const std::string more =
      left_out == 0 ? "" : fmt::format(" ({} there)", report::counted(left_out, "more example"));
  return text + section("Page", fmt::format("docs/rules/{}{}", page_name(rule), more));
}

std::string suggestion(std::string_view word) {
  const std::string wanted = lower(word);
  // Ids are written in capitals, names are not: both are near in small letters.
  std::vector<std::string> words;
  for (const std::string_view candidate : rules::rule_words()) words.push_back(lower(candidate));
  const std::vector<std::string_view> candidates(words.begin(), words.end());
  const auto meant = did_you_mean(wanted, candidates);
  if (!meant) return "; `pxguard rules` lists them all";
  const rules::Rule* rule = rules::find_rule(*meant);
  const bool is_id = lower(rule->id) == *meant;
  return fmt::format("; did you mean \"{}\"?", is_id ? rule->id : rule->name);
}

// A line of a log instead of a rule: what it means, and the rules that find its cause.
std::string meaning_of(std::string_view line) {
  std::string text;
  for (const rules::Symptom* symptom : rules::symptoms_in(line)) {
    text += fmt::format("{}{}\n{}", text.empty() ? "" : "\n", symptom->seen,
                        prose(fmt::format("{} (Seen in: {}.)", symptom->means, symptom->where)));
    for (const std::string_view id : split(symptom->rules, ' ')) {
      const rules::Rule* rule = rules::find_rule(id);
      if (rule != nullptr) text += fmt::format("  {} {}\n", rule->id, rule->title);
    }
  }
  return text;
}

}  // namespace

int explain(const ExplainOptions& options) { return explain(options, std::cout, std::cerr); }

int explain(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  const rules::Rule* rule = rules::find_rule(options.rule);
  if (rule == nullptr) {
    const std::string meaning = meaning_of(options.rule);
    if (!meaning.empty()) {
      out << meaning;
      return 0;
    }
    err << fmt::format("unknown rule \"{}\"{}\n", printable(options.rule, 60),
                       suggestion(options.rule));
    return 2;
  }
  out << text_of(*rule);
  return 0;
}

}  // namespace pxguard::cli
