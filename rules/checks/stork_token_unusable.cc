// PXS702: The token that an object of Stork or a claim names is not there, or may not do this.
#include <optional>

#include "base/text.h"
#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/token_facts.h"
#include "rules/model/claim.h"
#include "rules/model/portworx_names.h"
#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules::stork_token_unusable {
namespace {

using model::TokenReference;

// People copy annotations, and leave the Secret where Portworx is.
bool is_beside_portworx(const TokenReference& reference, const ContextBase& context) {
  const std::string_view home = portworx_namespace(context);
  return !home.empty() && reference.ns != home &&
         context.view.secret(context.object, home, *reference.name).get() != nullptr;
}

Findings on_reference(const TokenReference& reference, const ContextBase& context) {
  if (!reference.is_pair() || reference.is_templated() || is_known_off(context)) return {};
  const auto fault = token_fault(context, *reference.ns, *reference.name);
  if (!fault) return {};
  Finding finding{.at = reference.name_path,
                  .found = "secret " + printable(*reference.name, 80) + ": " + fault->what,
                  .want = fault->is_absent ? "the Secret, with a token under auth-token"
                                           : "a token under auth-token",
                  .at_admission = Action::Warn,
                  .reference = printable(*reference.name, 80)};
  if (fault->is_absent && is_beside_portworx(reference, context)) {
    finding.fix =
        "Set openstorage.io/auth-secret-namespace to the namespace of Portworx: a Secret of this "
        "name is there.";
    finding.repair = {{Edit::replace(reference.ns_path, std::string(portworx_namespace(context)))}};
  }
  return {finding};
}

bool is_user_token(const TokenReference& reference, const ContextBase& context) {
  if (reference.name == model::kUserToken) return true;
  const model::SecretFacts* secret = secret_in_view(context, reference);
  const auto* token = secret == nullptr ? nullptr : secret->key(model::kAuthTokenKey);
  return token != nullptr && is_no_admin_token(*token);
}

Findings on_stork_object(const model::StorkObject& object,
                         const Context<model::StorkObject>& context) {
  const bool reads =
      object.token_source() != model::TokenSource::Nobody && !object.is("ClusterDomainUpdate");
  if (!reads || !object.token()) return {};
  Findings findings = on_reference(*object.token(), context);
  if (findings.empty() && object.is("ClusterPair") && is_user_token(*object.token(), context) &&
      !is_known_off(context)) {
    findings.push_back({.at = object.token()->name_path,
                        .severity = Severity::Warning,
                        .message = "Clusters are paired with the token of a user",
                        .found = "secret " + printable(*object.token()->name, 80),
                        .want = "a token of role system.admin, as px-admin-token",
                        .why = "Role system.user may not change what clusters know of each other.",
                        .fix = "Name px-admin-token, in the namespace of Portworx.",
                        .reference = printable(*object.token()->name, 80)});
  }
  return findings;
}

Findings on_claim(const model::Object& claim, const Context<model::Object>& context) {
  if (!model::is_claim(claim)) return {};
  for (const TokenReference& reference : token_references(claim)) {
    if (reference.family == TokenReference::Family::OpenStorage)
      return on_reference(reference, context);
  }
  return {};
}

constexpr Check kChecks[] = {on_stork_object, on_claim};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS702",
    .name = "stork-token-unusable",
    .title = "The token that an annotation names is missing, or has too few rights",
    .rationale = "The operation fails, and what was scheduled does not happen.",
    .fix = "Name a Secret that exists, with the token under the key auth-token.",
    .by_hand =
        "kubectl get secret -A -o go-template='{{range .items}}{{if .data}}{{if index .data "
        "\"auth-token\"}}{{.metadata.namespace}}/{{.metadata.name}}{{\"\\n\"}}{{end}}{{end}}"
        "{{end}}'",
    .source =
        "stork drivers/volume/portworx/portworx.go; openstorage pkg/auth/secrets and "
        "pkg/role/sdkserviceapi.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::stork_token_unusable
