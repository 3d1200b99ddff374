// PXS905: The migration of a DaemonSet to the operator loses authorization, or takes Stork's key
// from Portworx.
#include <array>
#include <optional>
#include <string>

#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/migration.h"
#include "rules/checks/shared/partner.h"
#include "rules/checks/shared/versions.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::conversion_breaks_auth {
namespace {

using model::AuthKey;
using model::FieldPath;
using model::PortworxConfig;
using model::Setting;
using model::StorageCluster;
using model::StorkConfig;

// The converter turns security on where it finds both of these.
constexpr std::array<AuthKey, 2> kNeeded = {AuthKey::SystemKey, AuthKey::JwtIssuer};

bool has_both(const PortworxConfig& portworx, const ContextBase& context) {
  for (const AuthKey key : kNeeded) {
    if (!context.is_provided(portworx.effective(key))) return false;
  }
  return true;
}

// An entry of `env`, or the one documented form of the argument.
bool is_seen_by_converter(const PortworxConfig& portworx, AuthKey key) {
  const Setting& variable = portworx.variable(key);
  if (!variable.is_absent() && variable.form != Setting::Form::EnvFrom) return true;
  for (const model::Argument& argument : portworx.arguments()) {
    if (argument.key == key && argument.has_value && argument.is_documented) return true;
  }
  return false;
}

// --- The DaemonSet, before ----------------------------------------------------------------------

std::string_view form_of(const Setting& setting) {
  if (setting.form == Setting::Form::EnvFrom) return "envFrom";
  return setting.form == Setting::Form::DashE ? "-e" : "an argument in another form";
}

Finding unseen(const PortworxConfig& portworx, AuthKey key) {
  const Setting& setting = portworx.effective(key);
  const std::string variable(model::auth_name(key).variable);
  return {.at = setting.path,
          .severity = Severity::Warning,
          .message = "The operator's converter does not see this setting",
          .found = variable + " by " + std::string(form_of(setting)),
          .want = variable + " as an entry of env",
          .why =
              "The StorageCluster that it makes has no spec.security then, and may lack the "
              "setting altogether.",
          .fix = "Write " + variable + " as an entry of env before the migration.",
          .reference = variable};
}

Findings on_daemon_set(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  const bool is_daemon_set = portworx.object().kind() == "DaemonSet" && !portworx.is_helper();
  if (!is_daemon_set || operator_deployment(portworx, context) == nullptr) return {};
  if (!has_both(portworx, context)) return {};
  Findings findings;
  for (const AuthKey key : kNeeded) {
    if (!is_seen_by_converter(portworx, key)) findings.push_back(unseen(portworx, key));
  }
  return findings;
}

// --- The StorageCluster that the converter made -----------------------------------------------

// The DaemonSet that is converted goes by this name: operator pkg/migration/migration.go.
std::optional<PortworxConfig> daemon_set_of(const StorageCluster& cluster,
                                            const ContextBase& context) {
  const auto found =
      context.view.object(context.object, "DaemonSet", cluster.object().id().ns, "portworx");
  if (found.get() == nullptr) return std::nullopt;
  const auto workload = model::Workload::of(*found.get());
  return workload ? PortworxConfig::of(*workload, context.view) : std::nullopt;
}

std::optional<Finding> security_left_out(const StorageCluster& cluster,
                                         const PortworxConfig& portworx,
                                         const ContextBase& context) {
  if (!portworx.is_written_by_user()) return std::nullopt;
  const bool is_here = has_both(portworx, context);
  const auto before = is_here ? std::nullopt : daemon_set_of(cluster, context);
  if (!is_here && (!before || !has_both(*before, context))) return std::nullopt;
  return Finding{
      .at = FieldPath{"spec", "security"},
      .found = is_here ? "keys in spec.env or misc-args, and no spec.security"
                       : "DaemonSet portworx with PX-Security, and no spec.security",
      .want = "spec.security with the issuer that was in use",
      .why =
          "The operator's converter saw no system key or no issuer: it left security out, and "
          "its own calls and Autopilot's come without a token.",
      .fix = "Write spec.security.enabled: true and auth.selfSigned.issuer before approving.",
      .reference = "spec.security"};
}

// The key that the operator makes up was given Stork's bytes, or Stork names its old issuer and
// Portworx keeps the old variable for it.
bool works_all_the_same(const StorkConfig& stork, const PortworxConfig& portworx,
                        const Setting& stork_key, const ContextBase& context) {
  const std::string_view ns = context.object.id().ns;
  const auto is_same = [&](const Setting& key) {
    return compare(stork.shared_secret(), ns, key, ns, context.view, context.object) ==
           model::Sameness::Same;
  };
  const bool is_old_pair = stork.issuer().text == model::kStorkIssuerName &&
                           !is_before_apps_key(stork, portworx, context);
  return is_same(operator_apps_key()) || (is_old_pair && is_same(stork_key));
}

Repair seed_apps_key(const Setting& stork_key) {
  if (stork_key.form != Setting::Form::SecretKey) return {};
  return {{Edit::append(FieldPath{"spec", "env"}, model::auth_name(AuthKey::AppsKey).variable,
                        *stork_key.ref)}};
}

std::optional<Finding> stork_key_lost(const StorageCluster& cluster, const PortworxConfig& portworx,
                                      const ContextBase& context) {
  if (portworx.is_written_by_user()) return std::nullopt;
  const auto list = env_lists(cluster).front();
  const auto written = [&](AuthKey key) {
    return setting_in(*list, model::auth_name(key).variable, context);
  };
  const Setting stork_key = written(AuthKey::StorkKey);
  if (!stork_key.is_provided() || !context.is_missing(written(AuthKey::AppsKey)))
    return std::nullopt;
  for (const StorkConfig& stork : StorkConfig::of(cluster, context.view)) {
    if (!stork.is_stork() || !context.is_provided(stork.shared_secret()) ||
        has_unknown_issuer(stork, context) || stork.issuer().text == model::kOperatorIssuer ||
        works_all_the_same(stork, portworx, stork_key, context))
      continue;
    return Finding{.at = stork_key.path,
                   .found = "PORTWORX_AUTH_STORK_KEY alone, and PX_SHARED_SECRET in spec.stork.env",
                   .want = "PORTWORX_AUTH_SYSTEM_APPS_KEY from the same key",
                   .reference = stork_key.display(),
                   .repair = seed_apps_key(stork_key)};
  }
  return std::nullopt;
}

Findings on_storage_cluster(const StorageCluster& cluster, const Context<StorageCluster>& context) {
  if (!is_of_migration(cluster)) return {};
  const auto lookup = context.view.portworx(context.object);
  const PortworxConfig* portworx = lookup.get();
  if (portworx == nullptr || !portworx->storage_cluster()) return {};
  const bool is_approved = is_migration_approved(cluster);
  const bool was_approved = context.old != nullptr && is_migration_approved(*context.old);
  if (is_approved && was_approved) return {};
  auto finding = stork_key_lost(cluster, *portworx, context);
  if (!finding) finding = security_left_out(cluster, *portworx, context);
  if (!finding) return {};
  if (!is_approved) finding->severity = Severity::Warning;
  finding->is_about_change = is_approved && context.old != nullptr;
  return {std::move(*finding)};
}

constexpr Check kChecks[] = {on_daemon_set, on_storage_cluster};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS905",
    .name = "conversion-breaks-auth",
    .title = "The migration to the operator breaks authorization",
    .rationale =
        "The operator makes up a new apps key and does not use PORTWORX_AUTH_STORK_KEY for it: "
        "Stork keeps the old key, and Portworx refuses its tokens.",
    .fix =
        "Add PORTWORX_AUTH_SYSTEM_APPS_KEY to spec.env, from the key of PORTWORX_AUTH_STORK_KEY, "
        "before approving.",
    .by_hand =
        "kubectl get storagecluster -A -o jsonpath='{.items[*].spec.env[*].name} "
        "{.items[*].spec.security.enabled}'",
    .source =
        "operator pkg/migration/generate.go, constructStorageCluster and addStorkSpec; "
        "component/auth.go, getPrivateKeyOrGenerate.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::conversion_breaks_auth
