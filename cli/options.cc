#include "cli/options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/text.h"

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

void add_policy(CLI::App& app, std::string& policy) {
  app.add_option("--policy", policy, "What the site has decided, a YAML file")->type_name("FILE");
}

std::string choice(std::string_view text, std::span<const std::string_view> words,
                   std::string_view option) {
  if (std::find(words.begin(), words.end(), text) != words.end()) return {};
  return fmt::format("{} takes {}, not \"{}\"", option, fmt::join(words.begin(), words.end(), ", "),
                     printable(text, 40));
}

// An option that takes one of a few words.
template <class E, std::size_t N>
void add_choice(CLI::App& app, const std::string& name, E& value,
                const std::array<std::pair<std::string_view, E>, N>& words,
                const std::string& help) {
  const auto take = [&value, words, name](const std::string& text) {
    std::vector<std::string_view> known;
    for (const auto& [word, meaning] : words) {
      known.push_back(word);
      if (word == text) {
        value = meaning;
        return;
      }
    }
    throw CLI::ValidationError(choice(text, known, name));
  };
  std::string shown;
  for (const auto& [word, meaning] : words) shown += (shown.empty() ? "" : "|") + std::string(word);
  app.add_option_function<std::string>(name, take, help)->type_name(shown);
}

// An option that must not be empty: `--against "$BASE"` without a BASE would compare with nothing.
void add_filled(CLI::App& app, const std::string& name, std::string& value, const std::string& help,
                const std::string& type) {
  app.add_option(name, value, help)->type_name(type)->check([name](const std::string& text) {
    return text.empty() ? name + " is empty" : std::string();
  });
}

// Of commands that end with a report.
void add_delivery(CLI::App& app, DeliveryOptions& options) {
  app.add_option("--format", options.formats,
                 "text or json; =FILE writes it there; may be repeated")
      ->type_name("F[=FILE]")
      ->allow_extra_args(false)
      ->take_all();
  add_choice<FailOn, 3>(
      app, "--fail-on", options.fail_on,
      {{{"error", FailOn::Error}, {"warning", FailOn::Warning}, {"never", FailOn::Never}}},
      "Findings from here on make the exit status 1 (default: error)");
  add_choice<Color, 3>(
      app, "--color", options.color,
      {{{"auto", Color::Auto}, {"always", Color::Always}, {"never", Color::Never}}},
      "Colors in text (default: auto; NO_COLOR is obeyed)");
  app.add_flag("--quiet", options.quiet, "Errors, warnings and the summary alone");
}

void describe(CLI::App& app, CheckOptions& options) {
  app.add_option("PATH", options.paths, "Files, folders, or - for standard input")->type_name("");
  add_policy(app, options.policy);
  add_delivery(app, options.delivery);
  app.add_option("--namespace", options.default_namespace,
                 "The namespace of objects that name none; otherwise it is unknown")
      ->type_name("NAME");
  add_filled(app, "--against", options.against,
             "The manifests before: changes are judged, and what is gone", "PATH|REV");
  add_filled(app, "--facts", options.facts, "What is known of the cluster, a YAML file", "FILE");
  add_filled(app, "--helm-values", options.helm_values, "Values for the chart portworx", "FILE");
  for (const auto& [name, value, what] :
       {std::tuple("--kubernetes-version", &options.kubernetes_version, "Of the cluster, as 1.31"),
        std::tuple("--portworx-version", &options.portworx_version,
                   "Where an image's tag does not tell it, as 3.1.0"),
        std::tuple("--stork-version", &options.stork_version,
                   "Where an image's tag does not tell it, as 24.3.0")}) {
    add_filled(app, name, *value, what, "VERSION");
  }
  app.add_flag("--complete", options.complete, "What is not in these files is absent, not unknown");
  app.add_flag("--assume-security", options.assume_security,
               "Where it is unknown whether PX-Security is on, it is");
  app.add_flag("--allow-empty", options.allow_empty, "Nothing to check is no fault");
  app.add_flag("--timings", options.timings, "How long each step took, on standard error");
}

void describe(CLI::App& app, ReviewOptions& options) {
  app.add_option("FILE", options.paths, "AdmissionReviews, or - for standard input")->type_name("");
  add_policy(app, options.policy);
  app.add_flag("--quiet", options.quiet, "No summary on standard error");
}

void describe(CLI::App& app, ServeOptions& options) {
  add_policy(app, options.policy);
  app.add_option("--listen", options.listen, "Where the API server asks")
      ->type_name("ADDR:PORT")
      ->capture_default_str();
  app.add_option("--status-listen", options.status_listen, "Health and metrics")
      ->type_name("ADDR:PORT")
      ->capture_default_str();
  auto* cert =
      app.add_option("--tls-cert", options.tls_cert, "Serving certificate, PEM")->type_name("FILE");
  auto* key = app.add_option("--tls-key", options.tls_key, "Its key, PEM")->type_name("FILE");
  cert->needs(key);
  key->needs(cert);
  app.add_flag("--self-signed", options.self_signed, "Make a certificate for this run")
      ->excludes(cert);
  app.add_option("--client-ca", options.client_ca,
                 "Only clients with a certificate of these CAs are let in, PEM")
      ->type_name("FILE");
  app.add_option("--cluster", options.cluster,
                 "Default: in-cluster with a service account, else none")
      ->type_name("in-cluster|KUBECONFIG|none");
}

void describe(CLI::App& app, ExplainOptions& options) {
  app.add_option("RULE", options.rule, "Id or name, as PXS101; or a message of a log, in quotes")
      ->type_name("")
      ->required();
}

void describe(CLI::App& app, RulesOptions& options) {
  app.add_option("--format", options.formats,
                 "text, json or markdown=FOLDER; =FILE writes it there")
      ->type_name("F[=OUTPUT]")
      ->allow_extra_args(false)
      ->take_all();
}

void describe(CLI::App& app, CertsInitOptions& options) {
  app.add_option("--out", options.out, "The folder for ca.crt, ca.key, tls.crt and tls.key")
      ->type_name("FOLDER")
      ->capture_default_str();
  app.add_option("--dns", options.dns_names,
                 "A name that the webhook is called by; may be repeated (default: its Service)")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->take_all();
  app.add_option("--ip", options.ip_addresses, "An address that it is called by; may be repeated")
      ->type_name("ADDRESS")
      ->allow_extra_args(false)
      ->take_all();
  app.add_option("--days", options.days, "How long the serving certificate is valid")
      ->type_name("N")
      ->capture_default_str();
}

void describe(CLI::App& app, VersionOptions& options) {
  app.add_option("--format", options.format, "text or json")->type_name("F");
}

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

constexpr std::array<Entry, 7> kCommands = {{
    {"check", "PATH... | -",
     "Check manifests: files, folders or standard input (YAML, JSON, Lists)",
     "pxguard check deploy/ --fail-on warning\n  kustomize build . | pxguard check - --format json",
     parse<CheckOptions>},
    {"review", "FILE... | -", "Answer AdmissionReviews offline, as serve would",
     "pxguard review review.json --policy policy.yaml", parse<ReviewOptions>},
    {"serve", "", "Answer the API server: the admission webhook",
     "pxguard serve --tls-cert tls.crt --tls-key tls.key --policy policy.yaml",
     parse<ServeOptions>},
    {"explain", "RULE", "One rule: what, why, how to mend it, how to check it by hand",
     "pxguard explain PXS101\n  pxguard explain 'is not a trusted issuer'", parse<ExplainOptions>},
    {"rules", "", "List the rules", "pxguard rules --format json", parse<RulesOptions>},
    {"certs", "init", "Make a CA and a serving certificate, as files",
     "pxguard certs init --out certs\n  pxguard certs init --dns localhost --ip 127.0.0.1",
     parse_certs},
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

Command parse_certs(const Entry& entry, std::span<const std::string> words) {
  Entry init = entry;
  init.name = "certs init";
  if (!words.empty() && words.front() == "init")
    return parse<CertsInitOptions>(init, words.subspan(1));
  if (!words.empty() && (words.front() == "--help" || words.front() == "-h"))
    return parse<CertsInitOptions>(init, words);
  return wrong("pxguard certs", words.empty() ? "say what to do: pxguard certs init"
                                              : fmt::format("does not know \"{}\", only init",
                                                            printable(words.front(), 80)));
}

std::string overview() {
  std::string text =
      fmt::format("{}\n\nUsage: pxguard COMMAND [OPTIONS]\n\nCommands:\n", kDescription);
  for (const Entry& entry : kCommands) {
    text += fmt::format("  {:<8} {:<12} {}\n", entry.name, entry.usage, entry.description);
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
