// PXS502: The lifetime of the operator's tokens cannot be read, or leaves no usable token.
#include "rules/checks/shared/security_values.h"
#include "rules/model/helm_values.h"
#include "rules/rule.h"

namespace pxguard::rules::token_lifetime_invalid {
namespace {

Findings on_storage_cluster(const model::StorageCluster& cluster,
                            const Context<model::StorageCluster>& context) {
  const json::Value written = cluster.security()["auth"]["selfSigned"]["tokenLifetime"];
  const model::FieldPath at = self_signed_path("tokenLifetime");
  // Another type is PXS510's.
  if (!written.is_string() || is_filled_in_later(written.text(), at, context)) return {};
  auto finding = judge_token_lifetime(written.text(), at);
  if (!finding) return {};
  return {std::move(*finding)};
}

// An empty text in a chart is nothing, and half of selfSigned is PXS507's.
Findings on_values(const model::Object& object, const Context<model::Object>& context) {
  const auto values = model::HelmValues::of(object);
  if (!values || !values->is_security_enabled()) return {};
  const std::string_view written = values->self_signed()["tokenLifetime"].text();
  const model::FieldPath at{"security", "auth", "selfSigned", "tokenLifetime"};
  if (written.empty() || is_filled_in_later(written, at, context)) return {};
  auto finding = judge_token_lifetime(written, at);
  if (!finding) return {};
  return {std::move(*finding)};
}

constexpr Check kChecks[] = {on_storage_cluster, on_values};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS502",
    .name = "token-lifetime-invalid",
    .title = "tokenLifetime is no lifetime that the operator can use",
    .rationale =
        "The operator writes an event and makes no token: px-admin-token and px-user-token are "
        "missing, or expire.",
    .fix = "Write one number and one unit, such as 24h; 90m for an hour and a half.",
    .by_hand =
        "kubectl get storagecluster -A -o "
        "jsonpath='{.items[*].spec.security.auth.selfSigned.tokenLifetime}'",
    .source =
        "openstorage pkg/auth/duration.go, ParseToDuration; operator component/auth.go, "
        "createToken.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::token_lifetime_invalid
