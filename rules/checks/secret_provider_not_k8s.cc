// PXS609: Portworx looks tokens up in another place than the Secrets that are named.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/partner.h"
#include "rules/model/claim.h"
#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules::secret_provider_not_k8s {
namespace {

using model::PortworxConfig;
using model::TokenReference;

constexpr std::string_view kKubernetes = "k8s";

struct Provider {
  std::string name;
  model::FieldPath path;
};

// Where it is set to something other than Kubernetes.
std::optional<Provider> other_provider(const PortworxConfig& portworx) {
  for (const model::Argument& argument : portworx.arguments()) {
    const bool is_type = argument.flag == "-secret_type" || argument.flag == "--secret_type";
    if (!is_type || argument.value.empty() || argument.value == kKubernetes) continue;
    if (argument.value.find("$(") == std::string::npos)
      return Provider{argument.value, argument.value_path};
  }
  if (!portworx.storage_cluster()) return std::nullopt;
  const std::string_view written = portworx.storage_cluster()->spec()["secretsProvider"].text();
  if (written.empty() || written == kKubernetes) return std::nullopt;
  return Provider{std::string(written), model::FieldPath{"spec", "secretsProvider"}};
}

// Of an in-tree class, or of a claim.
std::optional<TokenReference> looked_up_by_portworx(const model::Object& object) {
  const auto storage_class = model::StorageClass::of(object);
  if (!model::is_claim(object) && !(storage_class && storage_class->is_in_tree()))
    return std::nullopt;
  for (TokenReference& reference : token_references(object)) {
    if (reference.family == TokenReference::Family::OpenStorage && reference.name)
      return std::move(reference);
  }
  return std::nullopt;
}

Findings on_object(const model::Object& object, const Context<model::Object>& context) {
  const auto reference = looked_up_by_portworx(object);
  if (!reference) return {};
  const auto lookup = context.view.portworx(object);
  if (lookup.is_unknown()) context.unverified(lookup.needs());
  if (lookup.get() == nullptr || !is_on(*lookup.get(), context)) return {};
  const auto provider = other_provider(*lookup.get());
  if (!provider) return {};
  return {{.at = reference->name_path,
           .severity = Severity::Warning,
           .found = "secret provider \"" + printable(provider->name, 40) + "\" (of " +
                    named_object(lookup.get()->object(), object) + ")",
           .want = "provider k8s, or the token under this name in the other one",
           .reference = printable(provider->name, 40)}};
}

// As leader, while those that follow are in view.
Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  if (context.moment != Moment::Admission) return {};
  const auto provider = other_provider(portworx);
  if (!provider || !is_on(portworx, context)) return {};
  const auto followers = context.view.dependents(portworx.object()).objects;
  const auto count = std::count_if(
      followers.begin(), followers.end(),
      [](const model::Object* object) { return looked_up_by_portworx(*object).has_value(); });
  if (count == 0) return {};
  return {{.at = provider->path,
           .severity = Severity::Warning,
           .found = "secret provider \"" + printable(provider->name, 40) +
                    "\", and classes or claims that name Secrets of Kubernetes: " +
                    std::to_string(count),
           .want = "provider k8s, or their tokens in the other one",
           .reference = printable(provider->name, 40)}};
}

constexpr Check kChecks[] = {on_object, on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS609",
    .name = "secret-provider-not-k8s",
    .title = "Portworx does not look for tokens in Secrets of Kubernetes",
    .rationale =
        "Portworx reads tokens of in-tree classes and of claims from its secret provider, and "
        "finds "
        "there what is in Kubernetes only if somebody put it there as well.",
    .fix =
        "Use provisioner pxd.portworx.com, which reads Secrets itself, or store the token under "
        "the "
        "same name in the provider.",
    .by_hand = "kubectl get storagecluster -A -o jsonpath='{..secretsProvider}'",
    .source = "openstorage pkg/auth/secrets/secrets.go, GetToken: one provider is asked.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::secret_provider_not_k8s
