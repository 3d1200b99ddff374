// PXS106: A key that the pod may start without: PX-Security is then incomplete, and nobody is told.
#include <string>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/rule.h"

namespace pxguard::rules::optional_key_reference {
namespace {

using model::EnvList;
using model::EnvVar;
using model::PortworxConfig;
using model::Security;
using model::StorkConfig;

Finding optional(model::FieldPath at, const std::string& what, std::string reference, bool is_on) {
  Repair repair{{Edit::remove(at)}};
  Finding finding{.at = std::move(at),
                  .severity = is_on ? Severity::Error : Severity::Info,
                  .found = what + " with optional: true",
                  .want = "the reference without optional",
                  .reference = std::move(reference)};
  if (is_on) finding.repair = std::move(repair);
  if (!is_on)
    finding.why =
        "One base for secured and unsecured clusters does this on purpose; a secured one should "
        "not.";
  return finding;
}

// The variable of PX-Security that this source provides; "" where there is none in view.
std::string provided_by(const model::EnvFrom& source, const ContextBase& context) {
  const auto facts = context.view.secret(context.object, context.object.id().ns, source.name);
  if (facts.get() == nullptr) return {};
  for (const auto& [key, value] : facts.get()->keys()) {
    if (is_auth_variable(source.prefix + key)) return source.prefix + key;
  }
  return {};
}

Findings in_list(const EnvList& list, bool is_on, const ContextBase& context) {
  Findings findings;
  for (const EnvVar& entry : list.variables) {
    const bool counts = is_auth_variable(entry.name()) && list.last(entry.name()) == &entry;
    if (!counts || entry.kind() != EnvVar::Kind::SecretKey || !entry.is_optional()) continue;
    findings.push_back(optional(entry.value_path().key("optional"), entry.ref().display(),
                                entry.ref().display(), is_on));
  }
  for (const model::EnvFrom& source : list.sources) {
    if (source.kind != model::EnvFrom::Kind::Secret || !source.optional) continue;
    const std::string variable = provided_by(source, context);
    if (variable.empty()) continue;
    const std::string what =
        "envFrom with " + variable + " of secret " + printable(source.name, 120);
    findings.push_back(optional(source.path.key("secretRef").key("optional"), what, what, is_on));
  }
  return findings;
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  Findings findings;
  for (const auto& list : env_lists(portworx)) {
    for (Finding& finding : in_list(*list, portworx.security() == Security::On, context)) {
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

Findings on_stork(const StorkConfig& stork, const Context<StorkConfig>& context) {
  Findings findings = in_list(stork.env(), true, context);
  if (findings.empty()) return {};
  const auto portworx = context.view.portworx(stork.object());
  if (stork.is_driver_unknown() || portworx.is_unknown()) {
    context.unverified(stork.is_driver_unknown() ? "the value of --driver" : portworx.needs());
    return {};
  }
  const bool is_on = portworx.get() != nullptr && portworx.get()->security() == Security::On;
  return is_on ? findings : in_list(stork.env(), false, context);
}

constexpr Check kChecks[] = {on_portworx, on_stork};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS106",
    .name = "optional-key-reference",
    .title = "A key of PX-Security is optional",
    .rationale =
        "Without the Secret the pod starts all the same, and Portworx or Stork runs without this "
        "key.",
    .fix =
        "Remove optional: true, so that the pod waits for its key; see first that the Secret "
        "has it.",
    .by_hand =
        "kubectl get pods -A -l 'name in (portworx,stork,autopilot)' -o "
        "jsonpath='{.items[*].spec.containers[*].env[?(@.valueFrom.secretKeyRef.optional==true)]."
        "name}'",
    .source =
        "Kubernetes API, SecretKeySelector; stork drivers/volume/portworx/portworx.go: no key, no "
        "token.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::optional_key_reference
