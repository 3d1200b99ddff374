// PXS605: An administrator's token serves tenants.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/portworx_components.h"
#include "rules/checks/shared/token_facts.h"
#include "rules/model/portworx_names.h"
#include "rules/model/pxctl_calls.h"
#include "rules/rule.h"

namespace pxguard::rules::admin_token_for_tenants {
namespace {

using model::FieldPath;
using model::TokenReference;

bool is_powerful(std::string_view secret) {
  return secret == model::kAdminToken || secret == model::kSystemSecrets;
}

// The operator makes both Secrets, in one namespace.
Repair name_user_token(const std::vector<TokenReference>& references,
                       TokenReference::Family family) {
  Repair repair;
  for (const TokenReference& reference : references) {
    if (reference.family == family && reference.name == model::kAdminToken)
      repair.edits.push_back(Edit::replace(reference.name_path, model::kUserToken));
  }
  return repair;
}

// One finding a class: the operations of one class have one token.
Findings admin_references(const std::vector<TokenReference>& references,
                          TokenReference::Family family, Severity severity,
                          const ContextBase& context) {
  for (const TokenReference& reference : references) {
    if (reference.family != family || !is_admin_reference(context, reference)) continue;
    return {{.at = reference.name_path,
             .severity = severity,
             .found = "secret " + printable(*reference.name, 80),
             .want = "a token of role system.user, as px-user-token",
             .reference = printable(*reference.name, 80),
             .repair = name_user_token(references, family)}};
  }
  return {};
}

Findings on_class(const model::StorageClass& storage_class,
                  const Context<model::StorageClass>& context) {
  return admin_references(storage_class.references(), storage_class.family(), Severity::Error,
                          context);
}

Findings on_snapshot_class(const model::SnapshotClass& snapshot_class,
                           const Context<model::SnapshotClass>& context) {
  return admin_references(snapshot_class.references(), TokenReference::Family::Csi,
                          Severity::Warning, context);
}

// Backups and disaster recovery need one: the policy may except their namespaces.
Findings on_secret(const model::SecretFacts& secret, const Context<model::SecretFacts>& context) {
  const model::SecretKeyFacts* token = secret.key(model::kAuthTokenKey);
  if (token == nullptr || !is_admin_token(*token)) return {};
  const std::string_view home = portworx_namespace(context);
  if (home.empty() || secret.id().ns.empty()) {
    context.unverified(
        "the namespaces of this Secret and of Portworx (--namespace, or portworx.namespace in the "
        "policy)");
    return {};
  }
  if (secret.id().ns == home) return {};
  return {{.at = FieldPath{},
           .severity = Severity::Warning,
           .message = "An administrator's token lies in a namespace that is not Portworx's",
           .found = "a token of role system.admin",
           .want = "a token of role system.user",
           .fix = "Make a token of role system.user for this namespace."}};
}

struct Use {
  FieldPath path;
  std::string secret;
};

// Programs that are made for Portworx and read one of these, such as Velero's plugin and pxctl.
bool is_made_for_portworx(std::string_view variable) {
  return variable == model::kSharedSecretEnv || variable == model::kPxctlTokenEnv;
}

void uses_in_variables(const model::Container& container, std::vector<Use>& uses) {
  for (const model::EnvVar& entry : container.env().variables) {
    const bool is_reference = entry.kind() == model::EnvVar::Kind::SecretKey;
    if (is_reference && is_powerful(entry.ref().name) && !is_made_for_portworx(entry.name()))
      uses.push_back({entry.value_path(), entry.ref().name});
  }
  for (const model::EnvFrom& source : container.env().sources) {
    if (source.kind == model::EnvFrom::Kind::Secret && is_powerful(source.name))
      uses.push_back({source.path, source.name});
  }
}

void uses_in_volumes(const model::Workload& workload, std::vector<Use>& uses) {
  const FieldPath volumes = workload.pod_spec_path().key("volumes");
  std::size_t index = 0;
  for (const json::Value volume : workload.pod_spec()["volumes"].elements()) {
    const FieldPath path = volumes.element(index++, volume["name"].text());
    const std::string_view name = volume["secret"]["secretName"].text();
    if (is_powerful(name)) uses.push_back({path.key("secret"), std::string(name)});
    for (const json::Value source : volume["projected"]["sources"].elements()) {
      const std::string_view projected = source["secret"]["name"].text();
      if (is_powerful(projected)) uses.push_back({path.key("projected"), std::string(projected)});
    }
  }
}

bool runs_pxctl(const model::Workload& workload) {
  return std::any_of(
      workload.containers().begin(), workload.containers().end(),
      [](const model::Container& container) { return model::mentions_pxctl(container.words()); });
}

Findings on_workload(const model::Workload& workload, const Context<model::Workload>& context) {
  const bool is_ours = is_portworx_component(workload) ||
                       !model::StorkConfig::of(workload, context.view).empty() ||
                       runs_portworx(workload);
  if (is_ours || runs_pxctl(workload)) return {};
  std::vector<Use> uses;
  for (const model::Container& container : workload.containers())
    uses_in_variables(container, uses);
  uses_in_volumes(workload, uses);
  Findings findings;
  for (const Use& use : uses) {
    findings.push_back({.at = use.path,
                        .severity = Severity::Warning,
                        .message = "A workload that is not of Portworx has its highest credentials",
                        .found = "secret " + use.secret,
                        .want = "px-user-token, or a token made for this workload",
                        .fix = "Give the workload a token with the role that it needs.",
                        .reference = use.secret});
  }
  return findings;
}

constexpr Check kChecks[] = {on_class, on_snapshot_class, on_secret, on_workload};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS605",
    .name = "admin-token-for-tenants",
    .title = "An administrator's token is used for the volumes of tenants",
    .rationale =
        "Whoever makes a claim acts as the administrator of Portworx: volumes have no owner that "
        "keeps others away.",
    .fix = "Refer to px-user-token, or to a token of role system.user of the tenant.",
    .by_hand = "kubectl get sc,volumesnapshotclass -o yaml | grep px-admin-token",
    .source =
        "operator drivers/storage/portworx/component/auth.go: px-admin-token has role system.admin "
        "and group *; openstorage api/ownership.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::admin_token_for_tenants
