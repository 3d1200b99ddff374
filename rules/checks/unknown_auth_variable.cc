// PXS112: A variable that looks like one of PX-Security's and is none: nobody reads it.
#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/repairs.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::unknown_auth_variable {
namespace {

constexpr std::size_t kMostEdits = 2;

bool is_of_our_family(std::string_view name) {
  constexpr std::array<std::string_view, 4> kFamilies = {"PORTWORX_AUTH_", "PX_SHARED", "PX_JWT",
                                                         "OPENSTORAGE_AUTH_"};
  return std::any_of(kFamilies.begin(), kFamilies.end(),
                     [name](std::string_view family) { return name.starts_with(family); });
}

// The known name that was meant, where it is at most two edits away.
std::optional<std::string_view> meant_by(std::string_view name) {
  std::optional<std::string_view> best;
  std::size_t fewest = kMostEdits + 1;
  const auto consider = [&](std::string_view known) {
    const std::size_t edits = edit_distance(name, known, kMostEdits);
    if (edits < fewest) best = known;
    fewest = std::min(fewest, edits);
  };
  for (const model::AuthName& known : model::kAuthNames) consider(known.variable);
  consider(model::kSharedSecretEnv);
  consider(model::kStorkIssuerEnv);
  return best;
}

void judge(std::string_view name, const model::FieldPath& at, Findings& findings) {
  if (!is_of_our_family(name) || is_auth_variable(name)) return;
  const auto meant = meant_by(name);
  Finding finding{.at = at,
                  .severity = meant ? Severity::Error : Severity::Warning,
                  .found = printable(name, 80),
                  .want = meant ? std::string(*meant) : "a variable that is documented",
                  .reference = printable(name, 80)};
  if (meant) finding.fix = "Rename the variable to " + std::string(*meant) + '.';
  if (name.starts_with("OPENSTORAGE_AUTH_")) {
    finding.why =
        "These are variables of the open reference server; Portworx has PORTWORX_AUTH_* instead.";
  }
  findings.push_back(std::move(finding));
}

// Of equal names the last, which is the one that containers see. A list may be hostile: it is
// walked once.
void in_list(const model::EnvList& list, Findings& findings) {
  std::set<std::string_view> seen;
  std::vector<const model::EnvVar*> last;
  for (auto entry = list.variables.rbegin(); entry != list.variables.rend(); ++entry) {
    if (is_of_our_family(entry->name()) && seen.insert(entry->name()).second)
      last.push_back(&*entry);
  }
  for (auto entry = last.rbegin(); entry != last.rend(); ++entry) {
    const std::size_t before = findings.size();
    judge((*entry)->name(), (*entry)->path().key("name"), findings);
    const auto meant = meant_by((*entry)->name());
    if (findings.size() > before && meant)
      findings.back().repair = rename_variable(list, (*entry)->path(), *meant);
  }
}

Findings on_portworx(const model::PortworxConfig& portworx, const Context<model::PortworxConfig>&) {
  Findings findings;
  for (const auto& list : env_lists(portworx)) in_list(*list, findings);
  for (const model::Argument& argument : portworx.arguments()) {
    if (argument.flag != "-e" || !argument.has_value) continue;
    const std::string_view pair = argument.value;
    judge(pair.substr(0, pair.find('=')), argument.value_path, findings);
  }
  return findings;
}

Findings on_stork(const model::StorkConfig& stork, const Context<model::StorkConfig>& context) {
  Findings findings;
  in_list(stork.env(), findings);
  if (findings.empty() || !stork.is_driver_unknown()) return findings;
  context.unverified("the value of --driver");
  return {};
}

constexpr Check kChecks[] = {on_portworx, on_stork};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS112",
    .name = "unknown-auth-variable",
    .title = "A variable of PX-Security has a name that nothing reads",
    .rationale =
        "Portworx and Stork ignore a name that they do not know: what it was to set stays unset.",
    .fix = "Use the documented name, or remove the variable.",
    .by_hand =
        "kubectl get pods -A -l 'name in (portworx,stork,autopilot)' -o "
        "jsonpath='{.items[*].spec.containers[*].env[*].name}' | tr ' ' '\\n' | grep -E "
        "'AUTH|SHARED|JWT' | sort -u",
    .source =
        "Portworx documentation, PX-Security on Kubernetes clusters; operator "
        "pkg/migration/generate.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::unknown_auth_variable
