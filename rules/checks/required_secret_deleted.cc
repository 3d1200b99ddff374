// PXS903: A Secret goes that a secured Portworx, or what works with it, reads.
#include <algorithm>
#include <string>

#include "base/text.h"
#include "rules/checks/shared/key_secrets.h"
#include "rules/model/portworx_names.h"
#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules::required_secret_deleted {
namespace {

using model::SecretFacts;

Finding deleted(std::string found, std::string want) {
  return {.at = model::FieldPath{},
          .found = std::move(found),
          .want = std::move(want),
          .acknowledgement = Acknowledgement::Delete,
          .is_about_change = true};
}

Findings on_key_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  if (context.operation != Operation::Delete) return {};
  const bool is_named = context.settings.names_key_secret(secret.id().name);
  const Use use = use_of_any_key(secret, context);
  if (use == Use::Unknown && is_named)
    context.unverified("the Portworx of this cluster, which may read it");
  if (use != Use::Yes) return {};
  return {deleted("a Secret that Portworx or Stork reads", "it stays as long as they refer to it")};
}

enum class Certainty { Named, ByTemplate };

// Who takes a token from it, by a literal reference if there is one.
struct Referrer {
  const model::Object* object = nullptr;
  Certainty certainty = Certainty::ByTemplate;
};

Referrer referrer_of(const model::Object& secret, const ContextBase& context) {
  Referrer best;
  const auto referrers = context.view.referrers(secret);
  if (referrers.objects.empty() && !referrers.complete)
    context.unverified(
        "the classes, claims and volumes of this cluster, which may take their token from it");
  for (const model::Object* object : referrers.objects) {
    if (object->is_being_deleted()) continue;
    const auto references = model::token_references(*object);
    const bool is_named =
        std::any_of(references.begin(), references.end(), [&](const auto& reference) {
          return !reference.is_templated() && reference.may_mean(secret.id().ns, secret.id().name);
        });
    if (best.object == nullptr) best.object = object;
    if (is_named) return {object, Certainty::Named};
  }
  return best;
}

Findings on_token_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  const bool is_candidate =
      context.operation == Operation::Delete && secret.key(model::kAuthTokenKey) != nullptr;
  if (!is_candidate) return {};
  const Referrer referrer = referrer_of(context.object, context);
  if (referrer.object == nullptr) return {};
  const auto portworx = context.view.portworx(context.object);
  if (portworx.is_unknown()) context.unverified(portworx.needs());
  if (portworx.get() == nullptr || portworx.get()->object().is_being_deleted() ||
      !is_on(*portworx.get(), context))
    return {};
  const model::ObjectId& id = referrer.object->id();
  const bool may_be_said = id.ns.empty() || id.ns == secret.id().ns;
  const std::string who =
      may_be_said ? id.display() : "a " + printable(id.kind, 60) + " in another namespace";
  Finding finding =
      deleted("a token that " + who + " refers to", "it stays until nothing refers to it");
  finding.message = "A token that is in use is deleted";
  finding.why = "Volumes that take their token from it can no longer be made, mounted or grown.";
  if (referrer.certainty == Certainty::ByTemplate) {
    finding.severity = Severity::Warning;
    finding.message = "A token that may be in use is deleted";
  }
  return {finding};
}

constexpr Check kChecks[] = {on_key_secret, on_token_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS903",
    .name = "required-secret-deleted",
    .title = "A Secret that PX-Security needs is deleted",
    .rationale =
        "Pods that restart cannot start without it, and a new one made in its place has other "
        "keys.",
    .fix =
        "Keep the Secret, or remove the references to it first; one that is gone must come "
        "back with the same keys.",
    .by_hand = "kubectl get sc,pv,pvc -A -o yaml | grep -iE -A2 'secret-name: |secretref:'",
    .source =
        "operator drivers/storage/portworx/component/auth.go: a missing Secret is made anew with "
        "random keys.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::required_secret_deleted
