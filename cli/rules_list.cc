#include "cli/rules_list.h"

#include <algorithm>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file_system.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/report/layout.h"
#include "cli/rule_docs.h"
#include "rules/catalogue.h"

namespace pxguard::cli {
namespace {

std::string table() {
  const auto rules = rules::catalogue_by_id();
  std::size_t name_width = 4;
  for (const rules::Rule* rule : rules) name_width = std::max(name_width, rule->name.size());
  const auto row = [&](auto id, auto severity, auto gate, auto name, std::string_view title) {
    return report::wrap(
        fmt::format("{:<7} {:<8} {:<4} {:<{}}  ", id, severity, gate, name, name_width), title);
  };
  std::string text = row("ID", "SEVERITY", "GATE", "NAME", "FINDS");
  for (const rules::Rule* rule : rules) {
    text += row(rule->id, rules::to_string(rule->severity), rule->gates_upgrade ? "yes" : "no",
                rule->name, rule->title);
  }
  return text;
}

std::string json() {
  nlohmann::ordered_json rules = nlohmann::ordered_json::array();
  for (const rules::Rule* rule : rules::catalogue_by_id()) {
    rules.push_back({{"id", rule->id},
                     {"name", rule->name},
                     {"title", rule->title},
                     {"severity", rules::to_string(rule->severity)},
                     {"gatesUpgrade", rule->gates_upgrade},
                     {"since", rule->since},
                     {"why", rule->rationale},
                     {"fix", rule->fix},
                     {"byHand", rule->by_hand},
                     {"source", rule->source},
                     {"docs", "docs/rules/" + page_name(*rule)}});
  }
  return nlohmann::ordered_json{{"rules", std::move(rules)}}.dump(2, ' ', true) + "\n";
}

// "json=rules.json"
struct OutputFormat {
  std::string name;
  std::string output;  // "" is stdout
};

OutputFormat format_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return {text, ""};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::string problem_of(const OutputFormat& format) {
  if (format.name == "markdown") {
    return format.output.empty() ? "markdown needs a folder, as in markdown=docs/rules" : "";
  }
  const bool is_known = format.name == "text" || format.name == "json";
  return is_known ? ""
                  : fmt::format("unknown format \"{}\", want text, json or markdown=FOLDER",
                                printable(format.name, 40));
}

Result<std::size_t> write(const OutputFormat& format, std::ostream& out) {
  if (format.name == "markdown") return write_rule_docs(format.output);
  const std::string text = format.name == "json" ? json() : table();
  if (!format.output.empty()) return write_file(format.output, text);
  out << text;
  return text.size();
}

}  // namespace

int list_rules(const RulesOptions& options) { return list_rules(options, std::cout, std::cerr); }

int list_rules(const RulesOptions& options, std::ostream& out, std::ostream& err) {
  std::vector<OutputFormat> formats;
  for (const std::string& text : options.formats) formats.push_back(format_of(text));
  if (formats.empty()) formats.push_back({"text", ""});
  for (const OutputFormat& format : formats) {
    const std::string problem = problem_of(format);
    if (problem.empty()) continue;
    err << "rules: " << problem << '\n';
    return kWrongUsage;
  }
  int status = 0;
  for (const OutputFormat& format : formats) {
    const auto written = write(format, out);
    if (written) continue;
    err << fmt::format("{}: {}\n", printable(format.output, 200), written.error().message);
    status = kOwnFault;
  }
  return status;
}

}  // namespace pxguard::cli
