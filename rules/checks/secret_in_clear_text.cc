// PXS105: A key or token stands in an object that many may read, instead of in a Secret.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/key_secrets.h"
#include "rules/model/portworx_names.h"
#include "rules/model/pxctl.h"
#include "rules/rule.h"

namespace pxguard::rules::secret_in_clear_text {
namespace {

using model::EnvList;
using model::EnvVar;
using model::FieldPath;
using model::Word;

constexpr std::string_view kHelmVars = "portworx.com/helm-vars";

FieldPath annotation_path(std::string_view key) {
  return FieldPath{"metadata", "annotations"}.key(key);
}

Finding in_clear_text(const FieldPath& at, std::string_view name, std::string_view how) {
  const bool is_token = name == model::kPxctlTokenEnv || name.ends_with("token");
  return {.at = at,
          .message = is_token ? "A token of PX-Security stands in clear text" : "",
          .found = printable(name, 80).append(how),
          .want = is_token ? "PXCTL_AUTH_TOKEN from a Secret" : "a secretKeyRef",
          .reference = printable(name, 80)};
}

// A literal of this name; a token is known by its form alone.
bool is_secret_literal(std::string_view name, const EnvVar& entry) {
  if (entry.kind() != EnvVar::Kind::Literal) return false;
  if (name == model::kPxctlTokenEnv) return entry.literal().starts_with("eyJ");
  return model::is_key_variable(name) && entry.has_literal() &&
         (entry.literal().empty() || model::is_clear_text(entry.literal()));
}

// PORTWORX_AUTH_SYSTEM_KEY: $(MY_KEY) has its literal in the entry of MY_KEY.
const EnvVar* literal_behind(const EnvList& list, const EnvVar& entry) {
  if (!model::is_key_variable(entry.name())) return nullptr;
  const std::string_view text = entry.literal();
  if (!text.starts_with("$(") || !text.ends_with(')')) return nullptr;
  const std::string_view name = text.substr(2, text.size() - 3);
  for (const EnvVar& earlier : list.variables) {
    if (&earlier == &entry) break;
    const bool is_literal =
        earlier.kind() == EnvVar::Kind::Literal && model::is_clear_text(earlier.literal());
    if (earlier.name() == name && is_literal && !model::is_key_variable(name)) return &earlier;
  }
  return nullptr;
}

// What strangers take from ConfigMaps out of view is not worth a word.
enum class Whose { Ours, Strangers };

void in_config_map(const EnvList& list, Whose whose, const ContextBase& context,
                   Findings& findings) {
  for (const model::EnvFrom& source : list.sources) {
    if (source.kind != model::EnvFrom::Kind::ConfigMap) continue;
    const auto facts = context.view.config_map(context.object, context.object.id().ns, source.name);
    if (facts.is_unknown() && whose == Whose::Ours)
      context.unverified("the keys of " + facts.needs() + " (envFrom)");
    if (facts.get() == nullptr) continue;
    for (const auto& [key, value] : facts.get()->keys()) {
      const std::string name = source.prefix + key;
      if (value.empty || !model::is_key_variable(name)) continue;
      findings.push_back(in_clear_text(source.path.key("configMapRef"), name, " from a configmap"));
    }
  }
}

void in_env(const EnvList& list, Whose whose, const ContextBase& context, Findings& findings) {
  for (const EnvVar& entry : list.variables) {
    if (is_secret_literal(entry.name(), entry)) {
      findings.push_back(in_clear_text(entry.value_path(), entry.name(), " with a literal value"));
    } else if (const EnvVar* behind = literal_behind(list, entry)) {
      findings.push_back(
          in_clear_text(behind->value_path(), entry.name(), " by way of a literal value"));
    } else if (entry.kind() == EnvVar::Kind::ConfigMapKey && model::is_key_variable(entry.name())) {
      findings.push_back(in_clear_text(entry.value_path(), entry.name(), " from a configmap"));
    }
  }
  in_config_map(list, whose, context, findings);
}

void in_command(std::span<const Word> words, model::Runs runs, std::string_view how,
                Findings& findings) {
  for (const model::CommandSecret& secret : model::secrets_in_command(words, runs)) {
    findings.push_back(in_clear_text(secret.path, secret.name, how));
  }
}

void in_container(const model::Container& container, model::Runs runs, Findings& findings) {
  if (!container.words().empty())
    in_command(container.words(), runs, " with its value in the command", findings);
  constexpr std::string_view kExecs[][2] = {{"livenessProbe", ""},
                                            {"readinessProbe", ""},
                                            {"startupProbe", ""},
                                            {"lifecycle", "postStart"},
                                            {"lifecycle", "preStop"}};
  for (const auto& [first, second] : kExecs) {
    const json::Value outer = container.value()[first];
    const json::Value elements = (second.empty() ? outer : outer[second])["exec"]["command"];
    if (elements.empty()) continue;
    FieldPath path = container.path().key(first);
    if (!second.empty()) path = path.key(second);
    path = path.key("exec").key("command");
    std::vector<Word> exec;
    std::size_t index = 0;
    for (const json::Value element : elements.elements()) {
      exec.push_back({std::string(element.text()), path.element(index++)});
    }
    in_command(exec, runs, " with its value in the command", findings);
  }
}

// Names of key variables that have a literal anywhere in an object that was applied before.
void literals_within(json::Value value, std::vector<std::string>& names) {
  const std::string_view name = value["name"].text();
  if (model::is_key_variable(name) && model::is_clear_text(value["value"].text()))
    names.emplace_back(name);
  for (const json::Value element : value.elements()) literals_within(element, names);
  for (const auto& [key, member, node] : value.members()) literals_within(member, names);
}

// The spec is mended, but its former text is still there. While the spec itself holds the literal,
// it is the fault, and the next apply takes both away.
void in_last_applied(const model::Object& object, Findings& findings) {
  if (object.annotation(model::kLastApplied).empty()) return;
  const auto document = json::Document::parse(object.annotation(model::kLastApplied));
  if (!document) return;
  std::vector<std::string> names;
  literals_within(document->root(), names);
  for (const std::string& name : names) {
    const bool known = std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
      return finding.reference == name;
    });
    if (known) continue;
    findings.push_back(
        in_clear_text(annotation_path(model::kLastApplied), name, " in the annotation"));
    findings.back().severity = Severity::Warning;
    findings.back().fix = "Apply the object again, or run: kubectl apply set-last-applied -f FILE.";
  }
}

// Variables of the chart as name=value, divided by semicolons.
void in_helm_vars(const model::Object& object, Findings& findings) {
  const std::string_view text = object.annotation(kHelmVars);
  if (text.empty()) return;
  for (const model::AuthName& known : model::kAuthNames) {
    const std::string assignment = std::string(known.variable) + '=';
    const std::size_t at = text.find(assignment);
    if (!known.is_secret || at == std::string_view::npos) continue;
    const std::string_view rest = text.substr(at + assignment.size());
    if (!model::is_clear_text(rest.substr(0, rest.find_first_of(";\"] ")))) continue;
    findings.push_back(
        in_clear_text(annotation_path(kHelmVars), known.variable, " in the annotation"));
    findings.back().severity = Severity::Warning;
    findings.back().fix =
        "Remove the key from the values of the chart; it then leaves the annotation.";
  }
}

void in_annotations(const model::Object& object, Findings& findings) {
  in_last_applied(object, findings);
  in_helm_vars(object, findings);
}

Findings on_workload(const model::Workload& workload, const Context<model::Workload>& context) {
  Findings findings;
  const bool ours =
      runs_portworx(workload) || !model::StorkConfig::of(workload, context.view).empty();
  const Whose whose = ours ? Whose::Ours : Whose::Strangers;
  for (const model::Container& container : workload.containers()) {
    in_env(container.env(), whose, context, findings);
    const bool is_agent = is_portworx(workload, container);
    in_container(container, is_agent ? model::Runs::Portworx : model::Runs::Anything, findings);
  }
  if (ours) in_annotations(workload.object(), findings);
  return findings;
}

Findings on_storage_cluster(const model::StorageCluster& cluster,
                            const Context<model::StorageCluster>& context) {
  Findings findings;
  for (const auto& list : env_lists(cluster)) in_env(*list, Whose::Ours, context, findings);
  for (const std::string_view part : {"stork", "autopilot"}) {
    in_env(EnvList::read(cluster.spec()[part]["env"], {}, FieldPath{"spec", part}), Whose::Ours,
           context, findings);
  }
  const std::string_view arguments = cluster.object().annotation(model::kMiscArgs);
  // An element that begins with a dash is read as a line of arguments, whatever its blanks.
  const Word line{std::string(trim(arguments)), annotation_path(model::kMiscArgs)};
  in_command({&line, 1}, model::Runs::Portworx, " with its value in the arguments", findings);
  in_annotations(cluster.object(), findings);
  return findings;
}

Findings on_config_map(const model::Object& object) {
  Findings findings;
  for (const auto& [key, value, node] : object.root()["data"].members()) {
    const FieldPath at = FieldPath{"data"}.key(key);
    if (model::is_key_variable(key) && model::is_clear_text(value.text())) {
      findings.push_back(in_clear_text(at, key, " in a configmap"));
    }
    const Word script{std::string(value.text()), at};
    in_command({&script, 1}, model::Runs::Anything, " with its value in a script", findings);
  }
  return findings;
}

Findings on_secret(const model::Object& object, const Context<model::Object>& context) {
  if (object.annotation(model::kLastApplied).empty()) return {};
  const bool is_key_secret = context.settings.names_key_secret(object.id().name) ||
                             is_referred_to(known_or_read(object, context.view), context);
  const auto document = json::Document::parse(object.annotation(model::kLastApplied));
  if (!is_key_secret || !document) return {};
  if (document->root()["data"].empty() && document->root()["stringData"].empty()) return {};
  return {{.at = annotation_path(model::kLastApplied),
           .severity = Severity::Info,
           .message = "An annotation repeats the keys of this Secret",
           .found = "the whole Secret in an annotation",
           .want = "no such annotation: kubectl create, or apply --server-side",
           .why = "Tools that show annotations and hide data show the keys."}};
}

Findings on_object(const model::Object& object, const Context<model::Object>& context) {
  const bool is_core = object.id().group().empty();
  if (is_core && object.kind() == "ConfigMap") return on_config_map(object);
  if (is_core && object.kind() == "Secret") return on_secret(object, context);
  if (object.kind() != "BackupStorageLocation" || object.id().group() != "velero.io") return {};
  const std::string_view literal = object.root()["spec"]["config"][model::kSharedSecretEnv].text();
  if (!model::is_clear_text(literal)) return {};
  Finding finding = in_clear_text(FieldPath{"spec", "config"}.key(model::kSharedSecretEnv),
                                  model::kSharedSecretEnv, " with a literal value");
  finding.severity = Severity::Warning;
  finding.want = "PX_SHARED_SECRET in the environment of Velero, from a Secret";
  return {finding};
}

constexpr Check kChecks[] = {on_workload, on_storage_cluster, on_object};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS105",
    .name = "secret-in-clear-text",
    .title = "A key of PX-Security stands in clear text",
    .rationale =
        "Whoever may read this object can sign tokens that Portworx trusts, and be its "
        "administrator.",
    .fix =
        "Put the value into a Secret and refer to it with secretKeyRef; then replace the key "
        "as planned work, since this one is known.",
    .by_hand =
        "kubectl get pods -A -o jsonpath='{range .items[*]}{.metadata.name}: "
        "{.spec.containers[*].env[?(@.value)].name}{\"\\n\"}{end}' | grep -E "
        "'PORTWORX_AUTH_.*(KEY|SECRET)|PX_SHARED_SECRET'",
    .source =
        "Portworx documentation, PX-Security on Kubernetes clusters: provide sensitive values by "
        "Secrets.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::secret_in_clear_text
