// PXS604: Volumes of the in-tree driver have no token, or Kubernetes loses the one that they have.
#include <algorithm>
#include <optional>
#include <string_view>

#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/missing_tokens.h"
#include "rules/checks/shared/repairs.h"
#include "rules/checks/shared/versions.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::in_tree_class_without_token {
namespace {

using model::Version;

bool loses_tokens(Version kubernetes) {
  return (kubernetes >= model::kKubernetesMigrates && kubernetes < model::kKubernetesMended131) ||
         (kubernetes >= model::kKubernetesNext && kubernetes < model::kKubernetesMended132);
}

Finding lost_token(const model::FieldPath& at, Version version) {
  return {.at = at,
          .message = "Kubernetes loses the token of in-tree volumes",
          .found = "Kubernetes " + version.display() + " and the in-tree driver",
          .want = "Kubernetes 1.31.6, 1.32.2 or newer, or provisioner pxd.portworx.com",
          .why =
              "Kubernetes hands in-tree volumes to the CSI driver, and these versions drop the "
              "reference to the token on the way: claims stay pending, and mounts fail.",
          .fix = "Update Kubernetes, or use a class of the CSI driver.",
          .at_admission = Action::Warn,
          .reference = "kubernetes"};
}

Finding old_operator(const model::FieldPath& at, Version version) {
  return {
      .at = at,
      .message = "This operator does not give in-tree volumes their token",
      .found = "operator " + version.display() + " with Kubernetes 1.31 or newer",
      .want = "operator 24.2.3 or newer",
      .why =
          "From Kubernetes 1.31 on the CSI driver mounts in-tree volumes, and takes their token "
          "from an annotation that newer operators write.",
      .fix = "Update the operator before Kubernetes.",
      .at_admission = Action::Warn,
      .reference = "operator"};
}

// What is wrong with a version that is known. Asked of a secured Portworx.
std::optional<Finding> version_fault(const model::FieldPath& at, const ContextBase& context) {
  const auto kubernetes = context.settings.kubernetes_version;
  if (!kubernetes) {
    context.unverified("the version of Kubernetes");
    return std::nullopt;
  }
  if (loses_tokens(*kubernetes)) return lost_token(at, *kubernetes);
  const auto portworx = context.view.portworx(context.object);
  const bool has_operator = portworx.get() != nullptr && portworx.get()->storage_cluster();
  if (*kubernetes < model::kKubernetesMigrates || !has_operator) return std::nullopt;
  const auto version = operator_version(*portworx.get(), context);
  if (!version) context.unverified("the version of the Portworx operator");
  if (!version || *version >= model::kOperatorAnnotates) return std::nullopt;
  return old_operator(at, *version);
}

Repair name_user_token(const ContextBase& context) {
  const std::string_view home = operator_token_namespace(context);
  Repair repair;
  if (!home.empty()) add_token(repair, model::FieldPath{"parameters"}, {}, model::kUserToken, home);
  return repair;
}

Findings on_class(const model::StorageClass& storage_class,
                  const Context<model::StorageClass>& context) {
  if (!storage_class.is_in_tree() || is_exempt(storage_class, context)) return {};
  if (!is_secured(context)) return {};
  if (is_in_tree_without_token(storage_class)) {
    return {{.at = model::FieldPath{"parameters"},
             .found = "no openstorage.io/auth-secret-name",
             .want = "openstorage.io/auth-secret-name and -namespace",
             .at_admission = Action::Warn,
             .repair = name_user_token(context)}};
  }
  const auto fault = version_fault(model::FieldPath{"provisioner"}, context);
  return fault ? Findings{*fault} : Findings{};
}

// The token of a volume stands inside Portworx, so that what its annotations lack proves nothing.
Findings on_volume(const model::Object& object, const Context<model::Object>& context) {
  const bool is_volume = object.kind() == "PersistentVolume" && object.id().group().empty();
  if (!is_volume || !object.root()["spec"]["portworxVolume"].is_set()) return {};
  if (!context.settings.kubernetes_version || !loses_tokens(*context.settings.kubernetes_version))
    return {};
  if (!is_secured(context)) return {};
  return {
      lost_token(model::FieldPath{"spec", "portworxVolume"}, *context.settings.kubernetes_version)};
}

constexpr Check kChecks[] = {on_class, on_volume};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS604",
    .name = "in-tree-class-without-token",
    .title = "Volumes of the in-tree driver come without a token",
    .rationale =
        "Portworx takes the token from the parameters of the class; without them volumes belong to "
        "nobody, and nothing works once guest access is off.",
    .fix =
        "Make the class anew with openstorage.io/auth-secret-name and "
        "openstorage.io/auth-secret-namespace, or with provisioner pxd.portworx.com.",
    .by_hand = "kubectl get sc -o yaml | grep -E 'name: |portworx-volume|auth-secret'",
    .source =
        "openstorage api/server/middleware_auth.go; kubernetes pull requests 129630 and 129675; "
        "release notes of operator 24.2.3.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::in_tree_class_without_token
