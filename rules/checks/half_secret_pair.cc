// PXS603: The name of a token's Secret without its namespace, or the reverse.
#include <algorithm>

#include "base/text.h"
#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules::half_secret_pair {
namespace {

using model::TokenReference;

bool is_half(const TokenReference& reference) {
  return reference.name.has_value() != reference.ns.has_value();
}

Finding half(const TokenReference& reference, Severity severity) {
  const bool has_name = reference.name.has_value();
  const std::string what =
      reference.family == TokenReference::Family::OpenStorage ? "token" : reference.operation;
  return {.at = has_name ? reference.name_path : reference.ns_path,
          .severity = severity,
          .found = "the " + std::string(has_name ? "name" : "namespace") + " of the " +
                   printable(what, 40) + " secret alone",
          .want = has_name ? "its namespace as well" : "its name as well",
          .reference = printable(what, 40)};
}

// An object of a namespace means a Secret there, if it names none.
Repair name_own_namespace(const TokenReference& reference, const model::Object& object) {
  const std::string& ns = object.id().ns;
  if (!reference.name || ns.empty()) return {};
  const bool is_empty_text = object.root().find(reference.ns_path.pointer()).is_set();
  return {
      {is_empty_text ? Edit::replace(reference.ns_path, ns) : Edit::add(reference.ns_path, ns)}};
}

Findings on_class(const model::StorageClass& storage_class, const Context<model::StorageClass>&) {
  Findings findings;
  for (const TokenReference& reference : storage_class.references()) {
    // The other family is read by nobody: PXS610.
    if (storage_class.reads(reference) && is_half(reference))
      findings.push_back(half(reference, Severity::Error));
  }
  return findings;
}

Findings on_snapshot_class(const model::SnapshotClass& snapshot_class,
                           const Context<model::SnapshotClass>&) {
  Findings findings;
  for (const TokenReference& reference : snapshot_class.references()) {
    if (reference.family == TokenReference::Family::Csi && is_half(reference))
      findings.push_back(half(reference, Severity::Error));
  }
  return findings;
}

Findings on_stork_object(const model::StorkObject& object, const Context<model::StorkObject>&) {
  if (object.token_source() == model::TokenSource::Nobody || !object.token()) return {};
  if (!is_half(*object.token())) return {};
  // Made in a disaster, and Stork's own token comes first.
  const bool is_urgent = object.is("ClusterDomainUpdate");
  Finding finding = half(*object.token(), is_urgent ? Severity::Warning : Severity::Error);
  finding.repair = name_own_namespace(*object.token(), object.object());
  return {finding};
}

Findings on_claim(const model::Object& object, const Context<model::Object>&) {
  if (object.kind() != "PersistentVolumeClaim" || !object.id().group().empty()) return {};
  Findings findings;
  for (const TokenReference& reference : token_references(object)) {
    if (reference.family != TokenReference::Family::OpenStorage || !is_half(reference)) continue;
    findings.push_back(half(reference, Severity::Warning));
    findings.back().repair = name_own_namespace(reference, object);
    findings.back().why =
        "The documentation says that the namespace of the claim is then meant; the code of "
        "openstorage that is public looks the Secret up in no namespace, and fails.";
  }
  return findings;
}

constexpr Check kChecks[] = {on_class, on_snapshot_class, on_stork_object, on_claim};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS603",
    .name = "half-secret-pair",
    .title = "A token's Secret is named by half: name or namespace is missing",
    .rationale = "The Secret cannot be found, and the operation fails instead of going without.",
    .fix = "Write both, the name and the namespace of the Secret.",
    .by_hand =
        "kubectl get sc,volumesnapshotclass -o yaml | grep -E '^    name: |secret-name: "
        "|secret-namespace: '",
    .source =
        "Kubernetes CSI documentation, StorageClass secrets; openstorage "
        "api/server/middleware_auth.go, parseSecret.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::half_secret_pair
