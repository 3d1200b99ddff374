// PXS508: PX-Security is off, or guests may do more than the policy wants. An info on every such
// install, so that a report says it; an error where the policy requires PX-Security.
#include <array>
#include <string>
#include <string_view>

#include "base/text.h"
#include "rules/checks/shared/security_values.h"
#include "rules/rule.h"

namespace pxguard::rules::security_off {
namespace {

using model::FieldPath;
using model::PortworxConfig;
using model::Security;
using model::StorageCluster;

bool is_install(const model::Object& object) {
  return object.kind() == "DaemonSet" || object.kind() == "StorageCluster";
}

// Where somebody would turn it on.
FieldPath switch_path(const PortworxConfig& portworx) {
  return portworx.storage_cluster() ? FieldPath{"spec", "security", "enabled"} : portworx.path();
}

// CRDs that know the field have a second switch.
bool is_switched_off(const StorageCluster& cluster, const ContextBase& context) {
  return context.settings.crds_master && !cluster.security()["auth"]["enabled"].boolean_or(true);
}

// Whether it is on cannot be told from a field of the wrong type: PXS510 speaks.
bool is_mistyped(const StorageCluster& cluster) {
  const json::Value security = cluster.security();
  const json::Value enabled = security["enabled"];
  return (security && !security.is_object()) || (enabled && enabled.kind() != json::Kind::Boolean);
}

Repair turn_on(const StorageCluster& cluster) {
  const FieldPath at{"spec", "security", "enabled"};
  const bool is_written = cluster.security()["enabled"].is_set();
  return {{is_written ? Edit::replace(at, true) : Edit::add(at, true)}};
}

Finding off(const PortworxConfig& portworx, const ContextBase& context) {
  const bool is_operator = portworx.storage_cluster().has_value();
  Finding finding{.at = switch_path(portworx),
                  .severity = Severity::Info,
                  .found = is_operator ? "no spec.security.enabled: true"
                                       : "no keys and no issuer of PX-Security",
                  .want = "PX-Security on, unless this is on purpose"};
  if (!is_operator)
    finding.fix = "Set the keys from a Secret and -jwt_issuer, as pxguard explain PXS101 shows.";
  if (is_operator && !portworx.is_written_by_user()) {
    finding.found = "spec.security.auth.enabled: false";
  } else if (is_operator && !portworx.storage_cluster()->security()["auth"].empty()) {
    finding.severity = Severity::Warning;
    finding.message = "PX-Security is off although spec.security.auth is written";
    finding.found = "spec.security.auth without spec.security.enabled: true";
    finding.want = "spec.security.enabled: true, or no auth block";
  }
  if (context.settings.security_always) {
    finding.severity = Severity::Error;
    finding.want = "PX-Security on: the policy says require: Always";
    if (is_operator && portworx.is_written_by_user())
      finding.repair = turn_on(*portworx.storage_cluster());
  }
  return finding;
}

// Nobody has to write what the operator sets by default. A word that it does not know is PXS501's.
Findings guest_access(const StorageCluster& cluster, const ContextBase& context) {
  const std::string& wanted = context.settings.wanted_guest_access;
  const std::string access = cluster.guest_access();
  const FieldPath at = auth_path("guestAccess");
  if (wanted.empty() || access == wanted || judge_guest_access(access, at)) return {};
  const bool is_written = !cluster.security()["auth"]["guestAccess"].text().empty();
  return {{.at = at,
           .message = "Guests have another access than the policy wants",
           .found = "guestAccess " + access + (is_written ? "" : ", which is the default"),
           .want = "guestAccess " + printable(wanted, 40),
           .why = access == "Enabled"
                      ? "Whoever has no token can use every volume that has no owner."
                      : "The policy names one setting for all clusters, and this is another.",
           .fix = "Set spec.security.auth.guestAccess to what the policy wants.",
           .reference = access,
           .repair = {{is_written ? Edit::replace(at, wanted) : Edit::add(at, wanted)}}}};
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  if (!is_install(portworx.object()) || portworx.is_helper()) return {};
  const auto& cluster = portworx.storage_cluster();
  if (cluster && (is_mistyped(*cluster) || cluster->is_px_csi())) return {};
  const bool by_block = !portworx.is_written_by_user();
  const bool is_off = by_block && is_switched_off(*cluster, context);
  if (portworx.security() == Security::Off || is_off) {
    if (is_fragment(portworx, context)) return {};
    return {off(portworx, context)};
  }
  if (by_block) return guest_access(*cluster, context);
  // Notes what is unknown.
  (void)is_on(portworx, context);
  return {};
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS508",
    .name = "security-off",
    .title = "PX-Security is off on this cluster",
    .rationale =
        "Whoever reaches the API of Portworx can read, change and delete every volume; no token is "
        "asked for.",
    .fix = "Set spec.security.enabled to true, and give StorageClasses their tokens.",
    .by_hand =
        "kubectl get storagecluster -A -o jsonpath='{.items[*].spec.security.enabled} "
        "{.items[*].spec.security.auth.guestAccess}'",
    .source =
        "Portworx documentation, PX-Security on Kubernetes clusters; operator portworx/util, "
        "AuthEnabled.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::security_off
