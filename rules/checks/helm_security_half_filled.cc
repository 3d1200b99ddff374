// PXS507: Values of the chart portworx that its template drops without a word.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "rules/checks/shared/security_values.h"
#include "rules/model/helm_values.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::helm_security_half_filled {
namespace {

using model::FieldPath;
using model::HelmValues;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " and ") + name;
  return text;
}

// With what the operator takes by default.
Repair fill_in(const HelmValues& values, const std::vector<std::string>& missing) {
  const FieldPath at = FieldPath{"security", "auth", "selfSigned"};
  Repair repair{{}, Repair::Use::Files};
  for (const std::string& field : missing) {
    const std::string_view value = field == "tokenLifetime"  ? "24h"
                                   : field == "sharedSecret" ? model::kSharedSecretName
                                                             : model::kOperatorIssuer;
    const bool is_empty_text = values.self_signed()[field].is_set();
    repair.edits.push_back(is_empty_text ? Edit::replace(at.key(field), value)
                                         : Edit::add(at.key(field), value));
  }
  return repair;
}

// The template asks for all three with `and`, for which nothing and an empty text are false.
void judge_self_signed(const HelmValues& values, Findings& findings) {
  constexpr std::array<std::string_view, 3> kFields = {"tokenLifetime", "issuer", "sharedSecret"};
  std::vector<std::string> written;
  std::vector<std::string> missing;
  for (const std::string_view field : kFields) {
    const json::Value value = values.self_signed()[field];
    const bool is_empty = !value.is_set() || (value.is_string() && value.text().empty());
    (is_empty ? missing : written).emplace_back(field);
  }
  if (written.empty() || missing.empty()) return;
  findings.push_back({.at = FieldPath{"security", "auth"}.key("selfSigned"),
                      .found = joined(written) + " without " + joined(missing),
                      .want = "all of tokenLifetime, issuer and sharedSecret, or none",
                      .reference = joined(missing),
                      .repair = fill_in(values, missing)});
}

void judge_guests(const HelmValues& values, Findings& findings) {
  const std::string_view written = values.security()["auth"]["guestAccess"].text();
  const FieldPath at = FieldPath{"security", "auth"}.key("guestAccess");
  if (!is_guest_access_in_another_case(written)) return;
  Finding finding = judge_guest_access(written, at).value_or(Finding{.at = at});
  finding.message = "The chart drops a guestAccess of another case";
  finding.why = "The template compares exactly: guests keep their access, which is the default.";
  finding.fix = "Write " + finding.want + ".";
  findings.push_back(std::move(finding));
}

Findings on_object(const model::Object& object, const Context<model::Object>&) {
  const auto values = HelmValues::of(object);
  Findings findings;
  if (!values || !values->is_security_enabled()) return findings;
  judge_self_signed(*values, findings);
  judge_guests(*values, findings);
  return findings;
}

constexpr Check kChecks[] = {on_object};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS507",
    .name = "helm-security-half-filled",
    .title = "The chart drops selfSigned, since it is not filled whole",
    .rationale =
        "The template writes selfSigned only with all three fields set: tokens then come from the "
        "default issuer, key and lifetime instead of yours.",
    .fix =
        "Give tokenLifetime, issuer and sharedSecret; the operator's own are 24h, "
        "operator.portworx.io and px-shared-secret.",
    .by_hand =
        "kubectl get storagecluster -A -o "
        "jsonpath='{.items[*].spec.security.auth.selfSigned.issuer}'",
    .source = "portworx/helm charts/portworx, templates/storage-cluster.yaml.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::helm_security_half_filled
