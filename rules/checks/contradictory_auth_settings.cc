// PXS111: One thing is set twice, and not to the same: which of the two counts is an accident.
#include <map>
#include <string>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::contradictory_auth_settings {
namespace {

using model::AuthKey;
using model::EnvList;
using model::EnvVar;
using model::PortworxConfig;
using model::Sameness;
using model::Setting;

Sameness compare_here(const Setting& a, const Setting& b, const ContextBase& context) {
  const std::string_view ns = context.object.id().ns;
  return compare(a, ns, b, ns, context.view, context.object);
}

// A reference that is not known to hold the same is a likely contradiction, no proven one.
bool is_unproven(const Setting& a, const Setting& b) { return a.ref && b.ref; }

Finding twice(const EnvVar& entry, const Setting& first, const Setting& last) {
  return {.at = last.path,
          .message = "A variable of PX-Security is set twice, to different values",
          .found = first.display() + ", then " + last.display(),
          .want = printable(entry.name(), 80) + " once",
          .reference = last.display()};
}

// The entries of each variable of PX-Security, by the place of the last one.
std::map<const EnvVar*, std::vector<const EnvVar*>> entries_by_name(const EnvList& list) {
  std::map<std::string_view, std::vector<const EnvVar*>> by_name;
  for (const EnvVar& entry : list.variables) {
    if (is_auth_variable(entry.name())) by_name[entry.name()].push_back(&entry);
  }
  std::map<const EnvVar*, std::vector<const EnvVar*>> by_last;
  for (auto& [name, entries] : by_name) {
    const EnvVar* last = entries.back();
    by_last[last] = std::move(entries);
  }
  return by_last;
}

// The earlier entries of a name against the last, which is the one that containers see.
void find_duplicates(const EnvList& list, const ContextBase& context, Findings& findings) {
  for (const auto& [last_entry, entries] : entries_by_name(list)) {
    if (entries.size() < 2) continue;
    const EnvVar& last = *last_entry;
    const Setting counts = setting_of(list, last, context);
    std::vector<Finding> found;
    for (const EnvVar* entry : entries) {
      if (entry == last_entry) break;
      const EnvVar& earlier = *entry;
      const Setting lost = setting_of(list, earlier, context);
      if (lost.is_absent() && counts.is_absent()) continue;
      const bool one_empty = lost.is_absent() != counts.is_absent();
      const bool literals =
          earlier.kind() == EnvVar::Kind::Literal && last.kind() == EnvVar::Kind::Literal;
      const Sameness sameness =
          one_empty && literals ? Sameness::Different : compare_here(lost, counts, context);
      Finding finding = twice(last, lost, counts);
      if (sameness == Sameness::Same) {
        finding.severity = Severity::Info;
        finding.message = "A variable of PX-Security is set twice, to the same value";
        finding.why = "Only the last one counts; a change of the first alone will have no effect.";
      } else if (sameness == Sameness::Unknown) {
        context.unverified("the values of both entries of " + printable(last.name(), 80) +
                           ", to compare them");
        if (!is_unproven(lost, counts)) continue;
        finding.severity = Severity::Warning;
      }
      const bool worse = found.empty() || finding.severity > found.front().severity;
      if (worse) found.assign(1, finding);
    }
    for (Finding& finding : found) findings.push_back(std::move(finding));
  }
}

void compare_forms(const Setting& variable, const Setting& other, std::string_view name,
                   const ContextBase& context, Findings& findings) {
  if (variable.is_absent() || other.is_absent()) return;
  if (!context.is_provided(variable) || !context.is_provided(other)) return;
  const Sameness sameness = compare_here(variable, other, context);
  const bool has_value = other.value != nullptr;
  if (sameness == Sameness::Unknown && has_value) {
    context.unverified("the values of " + std::string(name) +
                       " as variable and as argument, to compare them");
  }
  if (sameness != Sameness::Different) return;
  findings.push_back(
      {.at = other.path,
       .message = "A variable and an argument of Portworx contradict each other",
       .found = other.display() + ", and " + variable.display() + " as " + std::string(name),
       .want = "one of the two",
       .reference = std::string(name)});
}

// Under spec.security the operator overwrites the variable, and leaves the argument alone.
void compare_operator_issuer(const PortworxConfig& portworx, const ContextBase& context,
                             Findings& findings) {
  const std::string issuer = portworx.storage_cluster()->issuer();
  if (issuer.empty()) return;
  const EnvList none;
  const model::Settings arguments({context.object, none, portworx.arguments(), context.view});
  const std::string_view variable = model::auth_name(AuthKey::JwtIssuer).variable;
  for (const Setting& other :
       {arguments.argument(AuthKey::JwtIssuer), arguments.dash_e(variable, true)}) {
    if (!other.text || *other.text == issuer) continue;
    findings.push_back(
        {.at = other.path,
         .message = "Arguments and spec.security name different issuers",
         .found = other.display() + ", and " + model::shown_text(issuer) + " by spec.security",
         .want = "spec.security.auth.selfSigned.issuer alone",
         .reference = std::string(variable)});
  }
}

void compare_apps_keys(const EnvList& list, const ContextBase& context, Findings& findings) {
  const Setting apps = setting_in(list, model::auth_name(AuthKey::AppsKey).variable, context);
  const Setting stork = setting_in(list, model::auth_name(AuthKey::StorkKey).variable, context);
  if (!apps.is_provided() || !stork.is_provided()) return;
  const Sameness sameness = compare_here(apps, stork, context);
  if (sameness == Sameness::Same || (sameness == Sameness::Unknown && !is_unproven(apps, stork)))
    return;
  findings.push_back(
      {.at = stork.path,
       .severity = Severity::Warning,
       .message = "The old and the new variable for Stork's key differ",
       .found = stork.display() + ", and " + apps.display() + " as PORTWORX_AUTH_SYSTEM_APPS_KEY",
       .want = "PORTWORX_AUTH_SYSTEM_APPS_KEY alone",
       .why = "Which of the two verifies Stork's tokens depends on Stork's PX_JWT_ISSUER.",
       .reference = stork.display()});
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  Findings findings;
  for (const auto& list : env_lists(portworx)) {
    find_duplicates(*list, context, findings);
    compare_apps_keys(*list, context, findings);
  }
  for (const model::AuthName& name : model::kAuthNames) {
    const Setting& variable = portworx.variable(name.key);
    compare_forms(variable, portworx.argument(name.key), name.variable, context, findings);
    compare_forms(variable, portworx.dash_e(name.key), name.variable, context, findings);
    // Without an entry of env, -e alone sets the variable.
    if (variable.is_absent()) {
      compare_forms(portworx.dash_e(name.key), portworx.argument(name.key), name.variable, context,
                    findings);
    }
  }
  if (!portworx.is_written_by_user()) compare_operator_issuer(portworx, context, findings);
  return findings;
}

Findings on_stork(const model::StorkConfig& stork, const Context<model::StorkConfig>& context) {
  Findings findings;
  if (!stork.is_driver_unknown()) find_duplicates(stork.env(), context, findings);
  return findings;
}

constexpr Check kChecks[] = {on_portworx, on_stork};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS111",
    .name = "contradictory-auth-settings",
    .title = "A setting of PX-Security contradicts another",
    .rationale =
        "One of the two is ignored without a word, and it may be the one that the tokens were made "
        "for.",
    .fix = "Keep the value that the tokens in use were made with, and remove the other.",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep AUTH | sort | uniq -c",
    .source =
        "Kubernetes API, EnvVar: the last entry of a name counts; operator "
        "pkg/migration/generate.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::contradictory_auth_settings
