// PXS501: guestAccess is a word that the operator does not know.
#include "rules/checks/shared/security_values.h"
#include "rules/model/helm_values.h"
#include "rules/rule.h"

namespace pxguard::rules::guest_access_invalid {
namespace {

Findings on_storage_cluster(const model::StorageCluster& cluster,
                            const Context<model::StorageCluster>& context) {
  const std::string_view written = cluster.security()["auth"]["guestAccess"].text();
  const model::FieldPath at = auth_path("guestAccess");
  if (is_filled_in_later(written, at, context)) return {};
  auto finding = judge_guest_access(written, at);
  if (!finding) return {};
  return {std::move(*finding)};
}

// The template drops what it does not know: another case of a known word is PXS507's.
Findings on_values(const model::Object& object, const Context<model::Object>& context) {
  const auto values = model::HelmValues::of(object);
  if (!values || !values->is_security_enabled()) return {};
  const std::string_view written = values->security()["auth"]["guestAccess"].text();
  const model::FieldPath at{"security", "auth", "guestAccess"};
  if (is_filled_in_later(written, at, context)) return {};
  auto finding = judge_guest_access(written, at);
  if (!finding || is_guest_access_in_another_case(written)) return {};
  return {std::move(*finding)};
}

constexpr Check kChecks[] = {on_storage_cluster, on_values};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS501",
    .name = "guest-access-invalid",
    .title = "guestAccess is none of Enabled, Disabled and Managed",
    .rationale =
        "The operator writes an event and leaves the role of guests as it is: they are not locked "
        "out.",
    .fix = "Write Enabled, Disabled or Managed, with a capital letter.",
    .by_hand =
        "kubectl get storagecluster -A -o jsonpath='{.items[*].spec.security.auth.guestAccess}'",
    .source =
        "operator drivers/storage/portworx/component/auth.go, updateSystemGuestRole; its CRD has "
        "no enum.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::guest_access_invalid
