#include "cli/options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/describe_options.h"

namespace pxguard::cli {
namespace {

constexpr std::string_view kDescription =
    "pxguard finds what is wrong with the authorization (PX-Security) of Portworx and Stork,\n"
    "in manifests before they are applied and in a cluster when they are.";

constexpr std::string_view kStatus =
    "Exit status: 0 nothing wrong, 1 findings, 2 wrong usage or policy, 3 some input could not be\n"
    "read or there was none, 5 a fault of pxguard itself.";

// One command: how its words are read, and what they make.
struct Grammar {
  Grammar(std::string_view name, std::string_view description, std::string_view footer)
      : app(std::string(description), "pxguard " + std::string(name)) {
    app.footer(std::string(footer));
    app.allow_extras();  // what is left over is answered with a suggestion
    app.option_defaults()->group("Options");
  }
  CLI::App app;
};

struct Entry {
  std::string_view name;
  std::string_view usage;
  std::string_view description;
  std::string_view example;
  Command (*parse)(const Entry&, std::span<const std::string>);
};

template <class Options>
Command parse(const Entry& entry, std::span<const std::string> words);
Command parse_certs(const Entry& entry, std::span<const std::string> words);

constexpr std::array<Entry, 10> kCommands = {{
    {"check", "PATH... | -",
     "Check manifests: files, folders or standard input (YAML, JSON, Lists)",
     "pxguard check deploy/ --fail-on warning\n  kustomize build . | pxguard check - --format json",
     parse<CheckOptions>},
    {"fix", "PATH... | -", "Repair manifests; shows the changes, and makes them with --write",
     "pxguard fix deploy/\n  pxguard fix deploy/ --write", parse<FixOptions>},
    {"review", "FILE... | -", "Answer AdmissionReviews offline, as serve would",
     "pxguard review review.json --policy policy.yaml", parse<ReviewOptions>},
    {"serve", "", "Answer the API server: the admission webhook",
     "pxguard serve --tls-cert tls.crt --tls-key tls.key --policy policy.yaml",
     parse<ServeOptions>},
    {"audit", "", "Judge what is in a cluster now",
     "pxguard audit --policy policy.yaml\n  pxguard audit --cluster ~/.kube/config --format json",
     parse<AuditOptions>},
    {"explain", "RULE", "One rule: what, why, how to mend it, how to check it by hand",
     "pxguard explain PXS101\n  pxguard explain 'is not a trusted issuer'", parse<ExplainOptions>},
    {"rules", "", "List the rules", "pxguard rules --format json", parse<RulesOptions>},
    {"webhooks", "", "Print the webhook configurations that a policy needs",
     "pxguard webhooks --policy policy.yaml --ca-bundle ca.crt | kubectl apply -f -",
     parse<WebhooksOptions>},
    {"certs", "init|show|rotate", "Make a CA and certificates as files, or look after those in use",
     "pxguard certs init --out certs\n  pxguard certs show\n  pxguard certs rotate", parse_certs},
    {"version", "", "Version, commit and number of rules", "pxguard version --format json",
     parse<VersionOptions>},
}};

Answer wrong(std::string_view who, std::string_view why) {
  return {kWrongUsage, {}, fmt::format("{}: {}\n{}: see {} --help\n", who, why, who, who)};
}

// The first word that nothing takes.
std::string leftover(const CLI::App& app, const std::string& word) {
  if (!word.starts_with('-'))
    return fmt::format("does not know what to do with \"{}\"", printable(word, 80));
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string written = word.substr(0, word.find('='));
  const auto meant = did_you_mean(written, candidates);
  return fmt::format("unknown option \"{}\"{}", printable(written, 80),
                     meant ? fmt::format("; did you mean \"{}\"?", *meant) : "");
}

template <class Options>
Command parse(const Entry& entry, std::span<const std::string> words) {
  const std::string who = "pxguard " + std::string(entry.name);
  Options options;
  Grammar grammar(entry.name, entry.description,
                  fmt::format("\nExample:\n  {}\n\n{}", entry.example, kStatus));
  describe(grammar.app, options);
  // CLI11 takes the words from the back.
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    grammar.app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return Answer{0, grammar.app.help(), {}};
  } catch (const CLI::ParseError& error) {
    return wrong(who, printable(error.what(), 300));
  }
  auto rest = grammar.app.remaining();
  rest.erase(std::remove(rest.begin(), rest.end(), "--"), rest.end());
  if (!rest.empty()) return wrong(who, leftover(grammar.app, rest.front()));
  return options;
}

// A command of `certs` with its own help.
template <class Options>
Command parse_part(const Entry& entry, std::string_view name, std::string_view description,
                   std::string_view example, std::span<const std::string> words) {
  Entry part = entry;
  part.name = name;
  part.description = description;
  part.example = example;
  return parse<Options>(part, words);
}

Command parse_certs(const Entry& entry, std::span<const std::string> words) {
  const std::string_view what = words.empty() ? std::string_view() : words.front();
  const auto rest = words.empty() ? words : words.subspan(1);
  if (what == "show") {
    return parse_part<CertsShowOptions>(
        entry, "certs show", "What certificates there are, and what the API server trusts",
        "pxguard certs show\n  pxguard certs show tls.crt ca.crt", rest);
  }
  if (what == "rotate") {
    return parse_part<CertsRotateOptions>(
        entry, "certs rotate", "A new CA, without an interruption", "pxguard certs rotate", rest);
  }
  const bool wants_help = what == "--help" || what == "-h";
  if (what == "init" || wants_help) {
    return parse_part<CertsInitOptions>(
        entry, "certs init", "Make a CA and a serving certificate, as files",
        "pxguard certs init --out certs\n  pxguard certs init --dns localhost --ip 127.0.0.1",
        wants_help ? words : rest);
  }
  return wrong("pxguard certs",
               words.empty() ? "say what to do: pxguard certs init, show or rotate"
                             : fmt::format("does not know \"{}\", only init, show and rotate",
                                           printable(what, 80)));
}

std::string overview() {
  std::string text =
      fmt::format("{}\n\nUsage: pxguard COMMAND [OPTIONS]\n\nCommands:\n", kDescription);
  for (const Entry& entry : kCommands) {
    text += fmt::format("  {:<8} {:<16} {}\n", entry.name, entry.usage, entry.description);
  }
  return text + fmt::format("\nExample:\n  pxguard check deploy/\n\n{}\n", kStatus);
}

Answer unknown_command(const std::string& word) {
  std::vector<std::string_view> names;
  for (const Entry& entry : kCommands) names.push_back(entry.name);
  const auto meant = did_you_mean(word, names);
  const std::string kind = word.starts_with('-') ? "option" : "command";
  return wrong("pxguard", fmt::format("unknown {} \"{}\"{}", kind, printable(word, 80),
                                      meant ? fmt::format("; did you mean \"{}\"?", *meant) : ""));
}

}  // namespace

Command parse_command_line(std::span<const std::string> words) {
  if (words.empty()) return Answer{kWrongUsage, {}, overview()};
  const std::string& word = words.front();
  if (word == "--help" || word == "-h" || word == "help") return Answer{0, overview(), {}};
  if (word == "--version") return VersionOptions{};
  for (const Entry& entry : kCommands) {
    if (entry.name == word) return entry.parse(entry, words.subspan(1));
  }
  return unknown_command(word);
}

}  // namespace pxguard::cli
