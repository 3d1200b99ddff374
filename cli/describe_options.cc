#include "cli/describe_options.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/text.h"

namespace pxguard::cli {
namespace {

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

void add_threshold(CLI::App& app, DeliveryOptions& options) {
  add_choice<FailOn, 3>(
      app, "--fail-on", options.fail_on,
      {{{"error", FailOn::Error}, {"warning", FailOn::Warning}, {"never", FailOn::Never}}},
      "Findings from here on make the exit status 1 (default: error)");
}

// Of commands that end with a report.
void add_delivery(CLI::App& app, DeliveryOptions& options) {
  app.add_option("--format", options.formats,
                 "text or json; =FILE writes it there; may be repeated")
      ->type_name("F[=FILE]")
      ->allow_extra_args(false)
      ->take_all();
  add_threshold(app, options);
  add_choice<Color, 3>(
      app, "--color", options.color,
      {{{"auto", Color::Auto}, {"always", Color::Always}, {"never", Color::Never}}},
      "Colors in text (default: auto; NO_COLOR is obeyed)");
  app.add_flag("--quiet", options.quiet, "Errors, warnings and the summary alone");
}

// Where the API server is and who we are to it.
void add_cluster(CLI::App& app, std::string& cluster, const std::string& otherwise,
                 const std::string& type) {
  app.add_option("--cluster", cluster, "Default: the Pod's own, else " + otherwise)
      ->type_name(type);
}

// What is judged, and by what.
void add_manifests(CLI::App& app, CheckOptions& options) {
  app.add_option("PATH", options.paths, "Files, folders, or - for standard input")->type_name("");
  add_policy(app, options.policy);
  app.add_option("--namespace", options.default_namespace,
                 "The namespace of objects that name none; otherwise it is unknown")
      ->type_name("NAME");
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
}

}  // namespace

void describe(CLI::App& app, CheckOptions& options) {
  add_manifests(app, options);
  add_delivery(app, options.delivery);
  add_filled(app, "--against", options.against,
             "The manifests before: changes are judged, and what is gone", "PATH|REV");
  app.add_flag("--timings", options.timings, "How long each step took, on standard error");
}

void describe(CLI::App& app, FixOptions& options) {
  add_manifests(app, options.check);
  app.add_option("--format", options.check.delivery.formats,
                 "text or json; =FILE writes it there; may be repeated")
      ->type_name("F[=FILE]")
      ->allow_extra_args(false)
      ->take_all();
  add_threshold(app, options.check.delivery);
  app.add_flag("--quiet", options.check.delivery.quiet, "What is left alone, and the summary");
  app.add_flag("--diff", options.diff, "Show what would change (the default)");
  app.add_flag("--write", options.write, "Change the files");
  app.add_flag("--enable", options.enable,
               "Turn PX-Security on, and print the steps that this takes in a cluster");
  add_filled(app, "--issuer", options.issuer,
             "Of users' tokens, with --enable (default: openstorage.io)", "NAME");
  app.add_option("--rule", options.rules,
                 "Only this rule, even where it may be on purpose; may be repeated")
      ->type_name("RULE")
      ->allow_extra_args(false)
      ->take_all();
}

void describe(CLI::App& app, ReviewOptions& options) {
  app.add_option("FILE", options.paths, "AdmissionReviews, or - for standard input")->type_name("");
  add_policy(app, options.policy);
  app.add_flag("--quiet", options.quiet, "No summary on standard error");
}

void describe(CLI::App& app, AuditOptions& options) {
  add_policy(app, options.policy);
  add_cluster(app, options.cluster, "$KUBECONFIG or ~/.kube/config", "in-cluster|KUBECONFIG");
  add_filled(app, "--context", options.context, "A context of the kubeconfig, not its current one",
             "NAME");
  add_delivery(app, options.delivery);
  add_filled(app, "--export-facts", options.export_facts,
             "Write what check --facts reads: names and facts, no value", "FILE");
  app.add_flag("--assume-security", options.assume_security,
               "Where it is unknown whether PX-Security is on, it is");
  app.add_flag("--timings", options.timings, "How long each step took, on standard error");
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
  auto* secret = app.add_option("--certificates", options.certificates,
                                "A Secret in which pxguard keeps a CA and its certificate itself");
  secret->type_name("secret=NAMESPACE/NAME")->excludes(cert)->excludes("--self-signed");
  app.add_option("--tls-ca", options.tls_ca, "The CA of --tls-cert, for the caBundle, PEM")
      ->type_name("FILE")
      ->needs(cert);
  app.add_option("--activation", options.activation,
                 "Make the webhook configurations, or their caBundle alone, or neither")
      ->type_name("auto|static|none");
  app.add_option("--service", options.service, "What the API server calls us by")
      ->type_name("NAMESPACE/NAME[:PORT]")
      ->capture_default_str();
  app.add_option("--trust-delay", options.trust_delay,
                 "From when a new CA is in every caBundle until what it signed is served")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  app.add_option("--client-ca", options.client_ca,
                 "Only clients with a certificate of these CAs are let in, PEM")
      ->type_name("FILE");
  add_cluster(app, options.cluster, "none", "in-cluster|KUBECONFIG|none");
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

void describe(CLI::App& app, WebhooksOptions& options) {
  add_policy(app, options.policy);
  add_choice<WebhooksFormat, 2>(app, "--format", options.format,
                                {{{"yaml", WebhooksFormat::Yaml}, {"json", WebhooksFormat::Json}}},
                                "Default: yaml");
  auto* url = app.add_option("--url", options.url, "Where pxguard answers, outside the cluster")
                  ->type_name("https://HOST:PORT");
  app.add_option("--service", options.service, "Its Service")
      ->type_name("NAMESPACE/NAME[:PORT]")
      ->capture_default_str()
      ->excludes(url);
  add_filled(app, "--ca-bundle", options.ca_bundle, "The CA of its certificate, PEM", "FILE");
  auto* open = app.add_flag("--open-gate", options.open_gate,
                            "Instead: stop pxguard and take its configurations away");
  app.add_flag("--prove", options.prove, "Instead: have a request refused, as a dry run")
      ->excludes(open);
  add_cluster(app, options.cluster, "$KUBECONFIG or ~/.kube/config", "in-cluster|KUBECONFIG");
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

void describe(CLI::App& app, CertsShowOptions& options) {
  app.add_option("FILE", options.files, "Certificates in PEM; none: those of the cluster")
      ->type_name("");
  app.add_option("--secret", options.secret, "Where pxguard keeps its own")
      ->type_name("NAMESPACE/NAME")
      ->capture_default_str();
  app.add_option("--service", options.service, "What the API server calls")
      ->type_name("NAMESPACE/NAME")
      ->capture_default_str();
  app.add_option("--format", options.format, "text or json")->type_name("F");
  add_cluster(app, options.cluster, "$KUBECONFIG or ~/.kube/config", "in-cluster|KUBECONFIG");
  add_filled(app, "--context", options.context, "A context of the kubeconfig, not its current one",
             "NAME");
}

void describe(CLI::App& app, CertsRotateOptions& options) {
  app.add_option("--secret", options.secret, "Where pxguard keeps its own")
      ->type_name("NAMESPACE/NAME")
      ->capture_default_str();
  app.add_flag("--drop-old", options.drop_old, "What an old CA signed is refused from now on");
  add_cluster(app, options.cluster, "$KUBECONFIG or ~/.kube/config", "in-cluster|KUBECONFIG");
  add_filled(app, "--context", options.context, "A context of the kubeconfig, not its current one",
             "NAME");
}

void describe(CLI::App& app, VersionOptions& options) {
  app.add_option("--format", options.format, "text or json")->type_name("F");
}

}  // namespace pxguard::cli
