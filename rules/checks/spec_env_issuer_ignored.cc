// PXS305: spec.env names an issuer, and the operator does not use it.
#include <string>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/migration.h"
#include "rules/checks/shared/security_values.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::spec_env_issuer_ignored {
namespace {

using model::EnvVar;
using model::StorageCluster;

bool has_fields(json::Value value) {
  for (const auto& [key, member, node] : value.members()) {
    if (member.is_set()) return true;
  }
  return false;
}

Finding two_identities(const EnvVar& entry, std::string_view used, const ContextBase& context) {
  const bool is_update = context.operation == Operation::Update;
  return {.at = entry.path(),
          .message = "spec.env and spec.security name different issuers",
          .found = model::shown_text(entry.literal()) + " here, and " + model::shown_text(used) +
                   " in spec.security",
          .want = "spec.security.auth.selfSigned.issuer alone",
          .why =
              "The operator uses the one in spec.security: tokens of the other are refused, and "
              "volumes that were made with them have another owner.",
          .fix = "Remove the entry, after making sure which issuer the tokens in use have.",
          .at_admission = is_update ? Action::Warn : Action::Deny,
          .reference = printable(entry.literal(), 60)};
}

Finding forced_default(const EnvVar& entry) {
  return {.at = entry.path(),
          .found = model::shown_text(entry.literal()) + " here, and no field of selfSigned",
          .want = "spec.security.auth.selfSigned.issuer " + model::shown_text(entry.literal()),
          .reference = printable(entry.literal(), 60),
          .repair = {{Edit::add(self_signed_path("issuer"), entry.literal())}}};
}

Finding out_of_reach(const EnvVar& entry) {
  return {.at = entry.path(),
          .message = "The operator cannot read the issuer from a reference",
          .found = "PORTWORX_AUTH_JWT_ISSUER by valueFrom, and no selfSigned.issuer",
          .want = "spec.security.auth.selfSigned.issuer, written out",
          .why = "The operator takes the text of the entry, which is empty: no issuer is left.",
          .reference = "valueFrom"};
}

Findings judge(const StorageCluster& cluster, const EnvVar& entry, const ContextBase& context) {
  const json::Value self_signed = cluster.security()["auth"]["selfSigned"];
  const std::string_view issuer = self_signed["issuer"].text();
  if (entry.kind() != EnvVar::Kind::Literal) {
    if (issuer.empty() && has_fields(self_signed)) return {out_of_reach(entry)};
    context.unverified("the value of PORTWORX_AUTH_JWT_ISSUER in spec.env");
    return {};
  }
  const std::string_view literal = entry.literal();
  if (literal.empty()) return {};
  if (model::is_injector_reference(literal) || literal.find("$(") != std::string_view::npos) {
    context.unverified("the value that PORTWORX_AUTH_JWT_ISSUER in spec.env becomes");
    return {};
  }
  if (!issuer.empty() && issuer != literal) return {two_identities(entry, issuer, context)};
  if (!has_fields(self_signed) && literal != model::kOperatorIssuer) return {forced_default(entry)};
  return {};
}

Findings on_storage_cluster(const StorageCluster& cluster, const Context<StorageCluster>& context) {
  if (!cluster.is_security_enabled()) return {};
  const auto list = env_lists(cluster).front();
  const EnvVar* entry = first_entry(*list, model::auth_name(model::AuthKey::JwtIssuer).variable);
  if (entry == nullptr) return {};
  Findings findings = judge(cluster, *entry, context);
  // It waits for an approval, and can be mended until then.
  if (is_migration_pending(cluster)) {
    for (Finding& finding : findings) finding.at_admission = Action::Warn;
  }
  return findings;
}

constexpr Check kChecks[] = {on_storage_cluster};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS305",
    .name = "spec-env-issuer-ignored",
    .title = "The issuer in spec.env is not the one that is used",
    .rationale =
        "Without a field of selfSigned the operator's issuer is operator.portworx.io: tokens of "
        "the other are refused, and volumes get other owners.",
    .fix =
        "Write the issuer of the tokens in use as spec.security.auth.selfSigned.issuer, and "
        "remove PORTWORX_AUTH_JWT_ISSUER from spec.env.",
    .by_hand =
        "kubectl get storagecluster -A -o "
        "jsonpath='{.items[*].spec.security.auth.selfSigned.issuer}'",
    .source = "operator drivers/storage/portworx/portworx.go, setSecuritySpecDefaults.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::spec_env_issuer_ignored
