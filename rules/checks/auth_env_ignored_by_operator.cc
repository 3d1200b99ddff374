// PXS505: A key in spec.env, or an argument, under spec.security: the operator makes its own
// settings, and looks at these at most once.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/migration.h"
#include "rules/checks/shared/security_values.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::auth_env_ignored_by_operator {
namespace {

using model::AuthKey;
using model::EnvList;
using model::EnvVar;
using model::PortworxConfig;
using model::SecretRef;
using model::Setting;

// What a variable of spec.env is written into where it does not exist: auth.go,
// createPrivateKeysSecret. None of Stork's old key, which fills nothing.
std::optional<SecretRef> filled_by(AuthKey key, const PortworxConfig& portworx) {
  const auto in_system = [](std::string_view name) {
    return SecretRef{std::string(model::kSystemSecrets), std::string(name)};
  };
  switch (key) {
    case AuthKey::SystemKey: return in_system(model::kSystemSecretKey);
    case AuthKey::AppsKey: return in_system(model::kAppsSecretKey);
    case AuthKey::JwtSharedSecret:
      return SecretRef{portworx.storage_cluster()->shared_secret_name(),
                       std::string(model::kSharedSecretKey)};
    default: return std::nullopt;
  }
}

Finding ignored(const EnvVar& entry, const Setting& setting, const std::string& want) {
  return {.at = entry.path(),
          .severity = Severity::Warning,
          .found = setting.display() + " as " + printable(entry.name(), 80),
          .want = "no " + printable(entry.name(), 80) + want,
          .reference = setting.display(),
          .repair = {{Edit::remove(entry.path())}, Repair::Use::Request}};
}

// Portworx gets it where the operator itself renders the apps key; else it is overwritten.
Finding old_stork_key(const EnvVar& entry, const Setting& setting, const PortworxConfig& portworx) {
  Finding finding = ignored(entry, setting, "");
  const auto stork = portworx.storage_cluster()->stork_version();
  const bool is_overwritten =
      (portworx.version() && *portworx.version() < model::kPortworxAppsKey) ||
      (stork && *stork < model::kStorkIssuer);
  if (is_overwritten) return finding;
  finding.message = "Stork's old key stays valid beside the one of the operator";
  finding.why =
      "The operator fills no key with it and passes it on: whoever holds it can go on signing as "
      "Stork.";
  return finding;
}

Finding seeds(const EnvVar& entry, const Setting& setting, const SecretRef& target) {
  Finding finding = ignored(entry, setting, " once the key is there");
  finding.severity = Severity::Info;
  finding.message = "The operator fills a key from spec.env that does not exist yet";
  finding.why = "Later changes of " + printable(entry.name(), 80) + " will not change " +
                target.display() + ".";
  return finding;
}

Finding differs(const EnvVar& entry, const Setting& setting, const SecretRef& target) {
  Finding finding = ignored(entry, setting, "; the key in use is " + target.display());
  finding.severity = Severity::Error;
  finding.at_admission = Action::Warn;
  finding.message = "A key in spec.env is not the one in use";
  finding.why =
      "The operator never changes a key that exists: the pods restart, and the old key "
      "stays.";
  finding.fix =
      target.name == model::kSystemSecrets
          ? "Remove the entry; a new key goes into px-system-secrets, with a restart of all that "
            "read it."
          : "Remove the entry; a new key goes into a new Secret that sharedSecret names.";
  return finding;
}

// Stork signs with it, as its old issuer: to remove it would lock Stork out.
bool is_used_by_stork(const PortworxConfig& portworx, const ContextBase& context) {
  const auto storks = context.view.storks(portworx.object()).configs;
  return std::any_of(storks.begin(), storks.end(), [](const model::StorkConfig* stork) {
    return stork->is_part_of_storage_cluster() && stork->issuer().text == model::kStorkIssuerName;
  });
}

Finding judge_seed(const EnvVar& entry, const Setting& setting, const SecretRef& target,
                   const model::StorageCluster& cluster, const ContextBase& context) {
  const std::string_view ns = context.object.id().ns;
  const auto secret = context.view.secret(context.object, ns, target.name);
  if (secret.is_unknown()) context.unverified(secret.needs());
  const bool exists = secret.get() != nullptr && secret.get()->key(target.key) != nullptr;
  // A cluster that is being converted has none of the operator's Secrets yet.
  const bool is_new = secret.is_absent() || (secret.is_unknown() && is_migration_pending(cluster));
  if (is_new || (secret.get() != nullptr && !exists)) return seeds(entry, setting, target);
  const Setting in_use{
      .presence = Setting::Presence::Provided, .form = Setting::Form::SecretKey, .ref = target};
  if (exists && setting.is_provided() &&
      compare(setting, ns, in_use, ns, context.view, context.object) == model::Sameness::Different)
    return differs(entry, setting, target);
  return ignored(entry, setting, "; the key is " + target.display());
}

// The operator reads the first entry of a name in spec.env, and none of nodes[].env.
void in_list(const EnvList& list, bool is_of_node, const PortworxConfig& portworx,
             const ContextBase& context, Findings& findings) {
  constexpr std::array<AuthKey, 4> kKeys = {AuthKey::SystemKey, AuthKey::AppsKey,
                                            AuthKey::JwtSharedSecret, AuthKey::StorkKey};
  const model::StorageCluster& cluster = *portworx.storage_cluster();
  for (const AuthKey key : kKeys) {
    const EnvVar* entry = first_entry(list, model::auth_name(key).variable);
    if (entry == nullptr) continue;
    const Setting setting = setting_of(list, *entry, context);
    if (setting.is_absent()) continue;
    const auto target = filled_by(key, portworx);
    // Of what a conversion makes of it, PXS905 speaks.
    if (!target && (is_migration_pending(cluster) || is_used_by_stork(portworx, context))) continue;
    if (!target)
      findings.push_back(old_stork_key(*entry, setting, portworx));
    else if (is_of_node)
      findings.push_back(ignored(*entry, setting, "; the key is " + target->display()));
    else
      findings.push_back(judge_seed(*entry, setting, *target, cluster, context));
  }
}

// -jwt_* and -auth_system_key: the operator sets the variables of most of these.
bool competes(AuthKey key) {
  constexpr std::array<AuthKey, 5> kKeys = {AuthKey::SystemKey, AuthKey::JwtSharedSecret,
                                            AuthKey::JwtIssuer, AuthKey::RsaPublicKey,
                                            AuthKey::EcdsPublicKey};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

void in_arguments(const PortworxConfig& portworx, Findings& findings) {
  const std::string issuer = portworx.storage_cluster()->issuer();
  for (const model::Argument& argument : portworx.arguments()) {
    if (!argument.key || !competes(*argument.key)) continue;
    // Another issuer than that of spec.security is a contradiction: PXS111.
    const bool is_issuer = *argument.key == AuthKey::JwtIssuer;
    if (is_issuer && argument.has_value && !issuer.empty() && argument.value != issuer) continue;
    const std::string flag = printable(argument.flag, 40);
    findings.push_back(
        {.at = argument.path,
         .severity = Severity::Warning,
         .message = "An argument stands beside what spec.security sets",
         .found = flag + " in portworx.io/misc-args",
         .want = "spec.security without " + flag,
         .why = "The operator sets variables for authorization; whether these or the argument "
                "count is not documented.",
         .fix = "Remove the argument from the annotation portworx.io/misc-args.",
         .reference = flag});
  }
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  if (portworx.is_written_by_user()) return {};
  Findings findings;
  bool is_of_node = false;
  for (const auto& list : env_lists(portworx)) {
    in_list(*list, is_of_node, portworx, context, findings);
    is_of_node = true;
  }
  in_arguments(portworx, findings);
  return findings;
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS505",
    .name = "auth-env-ignored-by-operator",
    .title = "Under spec.security the operator does not use this key",
    .rationale =
        "The operator renders its own keys into the pods; a change of this entry restarts them and "
        "changes no key.",
    .fix =
        "Remove the entry, which restarts Portworx node by node; the keys in use are in "
        "px-system-secrets and the Secret of sharedSecret.",
    .by_hand = "kubectl get storagecluster -A -o jsonpath='{.items[*].spec.env[*].name}'",
    .source =
        "operator drivers/storage/portworx/deployment.go, getEnvList; component/auth.go, "
        "getPrivateKeyOrGenerate.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::auth_env_ignored_by_operator
