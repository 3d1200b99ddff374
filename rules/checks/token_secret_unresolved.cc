// PXS606: A class names a Secret that does not exist, or that holds no token.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/token_facts.h"
#include "rules/model/claim.h"
#include "rules/rule.h"

namespace pxguard::rules::token_secret_unresolved {
namespace {

using model::TokenReference;

Finding unresolved(const model::FieldPath& at, std::string_view secret, const TokenFault& fault) {
  return {.at = at,
          .found = "secret " + printable(secret, 80) + ": " + fault.what,
          .want = fault.is_absent ? "the Secret, with a token under auth-token"
                                  : "a token under auth-token",
          .at_admission = Action::Warn,
          .reference = printable(secret, 80)};
}

// A Secret without token may serve encryption alone: that is a fault where tokens are asked for.
bool matters(const TokenFault& fault, const ContextBase& context) {
  return fault.is_absent || is_secured(context);
}

// Of the family that the driver reads.
Findings on_references(const std::vector<TokenReference>& references, TokenReference::Family family,
                       const ContextBase& context) {
  Findings findings;
  std::set<std::pair<std::string, std::string>> seen;
  for (const TokenReference& reference : references) {
    if (reference.family != family || !reference.is_pair() || reference.is_templated()) continue;
    if (!seen.insert({*reference.ns, *reference.name}).second) continue;
    const auto fault = token_fault(context, *reference.ns, *reference.name);
    if (fault && matters(*fault, context))
      findings.push_back(unresolved(reference.name_path, *reference.name, *fault));
  }
  return findings;
}

Findings on_class(const model::StorageClass& storage_class,
                  const Context<model::StorageClass>& context) {
  return on_references(storage_class.references(), storage_class.family(), context);
}

Findings on_snapshot_class(const model::SnapshotClass& snapshot_class,
                           const Context<model::SnapshotClass>& context) {
  return on_references(snapshot_class.references(), TokenReference::Family::Csi, context);
}

// The Secrets that templates of the class become for one claim.
Findings on_claim(const model::Object& claim, const Context<model::Object>& context) {
  if (!model::is_claim(claim)) return {};
  const auto name = model::class_of_claim(claim);
  if (name.text.empty()) return {};
  const auto found = context.view.object(claim, "StorageClass", "", name.text);
  if (found.get() == nullptr) return {};
  const auto storage_class = model::StorageClass::of(*found.get());
  if (!storage_class || storage_class->is_in_tree()) return {};
  Findings findings;
  std::set<std::pair<std::string, std::string>> seen;
  for (const TokenReference& reference : storage_class->references()) {
    if (!storage_class->reads(reference) || !reference.is_pair() || !reference.is_templated())
      continue;
    const auto secret = model::resolved(*reference.name, claim);
    const auto ns = model::resolved(*reference.ns, claim);
    if (!secret || !ns || !seen.insert({*ns, *secret}).second) continue;
    const auto fault = token_fault(context, *ns, *secret);
    if (!fault || !matters(*fault, context)) continue;
    findings.push_back(unresolved(name.path, *secret, *fault));
    findings.back().message = "The class of this claim takes its token from a Secret that fails";
    findings.back().fix =
        "Make the Secret in the namespace of the claim, with a token of the tenant under "
        "auth-token.";
  }
  return findings;
}

constexpr Check kChecks[] = {on_class, on_snapshot_class, on_claim};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS606",
    .name = "token-secret-unresolved",
    .title = "The Secret that a class takes its token from gives none",
    .rationale = "The CSI driver cannot read the token: claims stay pending, and mounts fail.",
    .fix =
        "Make the Secret in the namespace that is named, with the token under the key "
        "auth-token.",
    .by_hand =
        "kubectl get secret -A -o go-template='{{range .items}}{{if .data}}{{if index .data "
        "\"auth-token\"}}{{.metadata.namespace}}/{{.metadata.name}}{{\"\\n\"}}{{end}}{{end}}"
        "{{end}}'",
    .source =
        "Kubernetes CSI documentation, StorageClass secrets; openstorage pkg/auth/secrets: the key "
        "is auth-token.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::token_secret_unresolved
