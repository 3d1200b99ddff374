// PXS610: A StorageClass names its token where the provisioner does not look.
#include <algorithm>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/missing_tokens.h"
#include "rules/checks/shared/repairs.h"
#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules::token_parameters_misplaced {
namespace {

using model::TokenReference;

constexpr std::string_view kCsiFamily = "csi.storage.k8s.io/*-secret-name";

Finding misplaced(const model::FieldPath& at, std::string found, bool is_csi) {
  return {.at = at,
          .severity = Severity::Warning,
          .found = std::move(found),
          .want = std::string(is_csi ? kCsiFamily : model::kAuthSecretName) + " in parameters",
          .reference = "misplaced"};
}

const TokenReference* first_written(const std::vector<TokenReference>& references) {
  for (const TokenReference& reference : references) {
    if (reference.name || reference.ns) return &reference;
  }
  return nullptr;
}

// A name of Kubernetes: neither a template nor a token that was put into the wrong place.
bool is_name(const std::string& text) {
  constexpr std::size_t kLongestName = 63;
  return text.size() <= kLongestName &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
}

// The same Secret, for each operation that needs a token. One for several operations is needed, so
// that references which differ have no single answer.
Repair to_family_of(const model::StorageClass& storage_class) {
  const auto& references = storage_class.references();
  const TokenReference& first = references.front();
  Repair repair{{}, Repair::Use::Creation};
  for (const TokenReference& reference : references) {
    if (!reference.is_pair() || reference.name != first.name || reference.ns != first.ns) return {};
    repair.edits.push_back(Edit::remove(reference.name_path));
    repair.edits.push_back(Edit::remove(reference.ns_path));
  }
  if (!is_name(*first.name) || !is_name(*first.ns)) return {};
  const model::FieldPath parameters{"parameters"};
  if (storage_class.is_in_tree()) {
    add_token(repair, parameters, {}, *first.name, *first.ns);
    return repair;
  }
  for (const std::string& operation : tokenless_operations(storage_class))
    add_token(repair, parameters, operation, *first.name, *first.ns);
  return repair;
}

Findings on_class(const model::StorageClass& storage_class, const Context<model::StorageClass>&) {
  Findings findings;
  const auto& references = storage_class.references();
  const bool has_right_ones =
      std::any_of(references.begin(), references.end(),
                  [&](const TokenReference& reference) { return storage_class.reads(reference); });
  const TokenReference* wrong = has_right_ones ? nullptr : first_written(references);
  if (wrong != nullptr) {
    findings.push_back(misplaced(wrong->name ? wrong->name_path : wrong->ns_path,
                                 storage_class.is_csi()
                                     ? "parameters of the in-tree driver, in a CSI class"
                                     : "parameters of CSI, in an in-tree class",
                                 storage_class.is_csi()));
    findings.back().repair = to_family_of(storage_class);
  }
  const model::Object& object = storage_class.object();
  const auto annotations = token_references(object.metadata()["annotations"],
                                            model::FieldPath{"metadata", "annotations"});
  if (const TokenReference* written = first_written(annotations)) {
    findings.push_back(misplaced(written->name ? written->name_path : written->ns_path,
                                 "annotations of the class, which nobody reads",
                                 storage_class.is_csi()));
  }
  return findings;
}

constexpr Check kChecks[] = {on_class};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS610",
    .name = "token-parameters-misplaced",
    .title = "A StorageClass names its token where its provisioner does not look",
    .rationale = "The class looks secured, and its volumes are made without a token.",
    .fix =
        "Make the class anew with csi.storage.k8s.io secrets for pxd.portworx.com, or "
        "openstorage.io/auth-secret for the in-tree driver.",
    .by_hand = "kubectl get sc -o yaml | grep -E 'name: |provisioner: |secret-name'",
    .source =
        "Kubernetes CSI documentation, StorageClass secrets; openstorage "
        "api/server/middleware_auth.go.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::token_parameters_misplaced
