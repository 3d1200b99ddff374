// PXS107: A variable of PX-Security reads a Secret or key that is not there: the pod cannot start.
#include <span>
#include <string>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/producer.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::key_reference_unresolved {
namespace {

using model::EnvList;
using model::EnvVar;
using model::FieldPath;
using model::SecretRef;

// PX_SHARED_SECRET is Portworx's wherever it stands; the others only beside Portworx or Stork.
enum class Names { SharedSecret, All };

Finding unresolved(const EnvVar& entry, const SecretRef& ref, std::string found) {
  return {.at = entry.path(),
          .found = std::move(found),
          .want = ref.display() + " in the namespace of the pod, with a value",
          .at_admission = Action::Warn,
          .reference = ref.display()};
}

void judge(const EnvVar& entry, const ContextBase& context, Findings& findings) {
  if (entry.kind() != EnvVar::Kind::SecretKey || entry.is_optional()) return;
  const SecretRef ref = entry.ref();
  const std::string_view ns = context.object.id().ns;
  if (ref.name.empty()) return;
  const auto lookup = context.view.secret(context.object, ns, ref.name);
  const model::SecretFacts* secret = lookup.get();
  const model::SecretKeyFacts* key = secret != nullptr ? secret->key(ref.key) : nullptr;
  if (key != nullptr && !key->empty) return;
  if (is_made_by_operator(ns, ref, context) || has_producer(ns, ref.name, context)) return;
  if (lookup.is_unknown()) return context.unverified(lookup.needs());
  const std::string name = printable(ref.name, 120);
  if (secret == nullptr) {
    findings.push_back(unresolved(entry, ref, "no secret " + name + " in the pod's namespace"));
  } else if (key == nullptr) {
    findings.push_back(
        unresolved(entry, ref, "secret " + name + " without a key " + printable(ref.key, 120)));
  } else {
    findings.push_back(unresolved(entry, ref, ref.display() + ", which is empty"));
    findings.back().message = "A variable of PX-Security reads a key that is empty";
    findings.back().why =
        "The variable is set to nothing: PX-Security is off here, or no token is sent.";
  }
}

// Of equal names the last, which is the one that containers see.
void in_list(const EnvList& list, Names names, const ContextBase& context, Findings& findings) {
  const auto consider = [&](std::string_view name) {
    const EnvVar* entry = list.last(name);
    if (entry != nullptr) judge(*entry, context, findings);
  };
  consider(model::kSharedSecretEnv);
  if (names == Names::SharedSecret) return;
  consider(model::kStorkIssuerEnv);
  for (const model::AuthName& known : model::kAuthNames) consider(known.variable);
}

Findings on_workload(const model::Workload& workload, const Context<model::Workload>& context) {
  const bool is_ours =
      model::runs_portworx(workload) || !model::StorkConfig::of(workload, context.view).empty();
  Findings findings;
  for (const model::Container& container : workload.containers()) {
    in_list(container.env(), is_ours ? Names::All : Names::SharedSecret, context, findings);
  }
  return findings;
}

Findings on_storage_cluster(const model::StorageCluster& cluster,
                            const Context<model::StorageCluster>& context) {
  Findings findings;
  for (const auto& list : env_lists(cluster)) in_list(*list, Names::All, context, findings);
  if (cluster.is_security_enabled()) {
    for (Finding& finding : findings) {
      finding.why =
          "The operator reads spec.env when it makes its keys: its Auth component fails "
          "as a whole, and pods of Portworx may not start.";
    }
  }
  for (const std::string_view part : {"stork", "autopilot"}) {
    const json::Value written = cluster.spec()[part];
    if (!written["enabled"].boolean_or(false)) continue;
    in_list(EnvList::read(written["env"], {}, FieldPath{"spec", part}), Names::All, context,
            findings);
  }
  return findings;
}

constexpr Check kChecks[] = {on_workload, on_storage_cluster};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS107",
    .name = "key-reference-unresolved",
    .title = "A variable of PX-Security reads a key that is not there",
    .rationale =
        "The container cannot be made (CreateContainerConfigError): Portworx or Stork stays down "
        "wherever its pod starts next.",
    .fix =
        "Create the Secret with this key in the namespace of the pod, or mend the name in "
        "secretKeyRef.",
    .by_hand = "kubectl -n kube-system describe secret pxkeys",
    .source =
        "Kubernetes documentation, Secrets: a required key that is absent keeps the container "
        "from starting; Portworx documentation, \"Step 1: Generate shared secrets\".",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::key_reference_unresolved
