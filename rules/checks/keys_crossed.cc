// PXS108: A variable reads the key that is meant for another one.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "rules/checks/shared/crossed_keys.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/partner.h"
#include "rules/checks/shared/repairs.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::keys_crossed {
namespace {

using model::EnvList;
using model::EnvVar;
using model::PortworxConfig;
using model::SecretRef;
using model::Setting;
using model::StorkConfig;

constexpr std::string_view kMisspeltKey = "system-key";
constexpr std::string_view kMisspeltSecret = "px-system-secret";

SecretRef right_reference(Role role, const std::string& secret) {
  const bool by_operator = secret == model::kSystemSecrets || secret == model::kSharedSecretName;
  const std::string system = by_operator ? std::string(model::kSystemSecrets) : secret;
  switch (role) {
    case Role::System: return {system, std::string(model::kSystemSecretKey)};
    case Role::Apps:
      return {system, std::string(by_operator ? model::kAppsSecretKey : model::kStorkSecretKey)};
    case Role::Shared:
      return {by_operator ? std::string(model::kSharedSecretName) : secret,
              std::string(model::kSharedSecretKey)};
  }
  std::abort();
}

// Where the right key is in view.
Repair point_at(const Setting& setting, const SecretRef& right, const ContextBase& context) {
  const auto secret = context.view.secret(context.object, context.object.id().ns, right.name);
  if (secret.get() == nullptr || secret.get()->key(right.key) == nullptr) return {};
  return refer_to(setting.path, *setting.ref, right);
}

Finding crossed(const Setting& setting, Role role, const ContextBase& context) {
  const SecretRef right = right_reference(role, setting.ref->name);
  return {.at = setting.path,
          .found = setting.ref->display(),
          .want = right.display(),
          .reference = setting.ref->display(),
          .repair = point_at(setting, right, context)};
}

// The published texts misspell a key and a Secret. Whoever really has them under these names is
// fine.
bool is_misspelt(const SecretRef& ref, const PortworxConfig* portworx, const ContextBase& context) {
  const bool key = ref.key == kMisspeltKey && is_documented_secret(ref.name, portworx, context);
  if (!key && ref.name != kMisspeltSecret) return false;
  const auto secret = context.view.secret(context.object, context.object.id().ns, ref.name);
  return secret.get() == nullptr || secret.get()->key(ref.key) == nullptr;
}

Finding misspelt(const Setting& setting, const ContextBase& context) {
  const SecretRef& ref = *setting.ref;
  const bool secret = ref.name == kMisspeltSecret;
  const SecretRef meant{secret ? std::string(model::kSystemSecrets) : ref.name,
                        ref.key == kMisspeltKey ? std::string(model::kSystemSecretKey) : ref.key};
  return {.at = setting.path,
          .severity = Severity::Warning,
          .message = "A reference is misspelt as it once was in the documentation",
          .found = ref.display(),
          .want = meant.display(),
          .why = "The Secret or key goes by the other name elsewhere: the pod would not find it.",
          .reference = ref.display(),
          .repair = point_at(setting, meant, context)};
}

// A StorageCluster's spec.env under spec.security only seeds keys, yet it seeds the wrong one.
bool is_crossed_seed(const Setting& setting, Role role, const EnvList& list,
                     const PortworxConfig& portworx, const ContextBase& context) {
  const auto meant = role_of_key(setting.ref->key);
  if (!meant || *meant == role) return false;
  if (is_documented_secret(setting.ref->name, &portworx, context)) return true;
  return std::any_of(list.variables.begin(), list.variables.end(), [&](const EnvVar& other) {
    const model::AuthName* name = model::auth_name(other.name());
    if (name == nullptr || other.kind() != EnvVar::Kind::SecretKey) return false;
    const auto other_role = role_of_variable(name->key);
    if (!other_role || *other_role == role || other.ref().name != setting.ref->name) return false;
    return other.ref().key != setting.ref->key || *other_role == *meant;
  });
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  Findings findings;
  bool is_main = portworx.is_written_by_user();
  for (const auto& list : env_lists(portworx)) {
    for (const model::AuthName& name : model::kAuthNames) {
      const auto role = role_of_variable(name.key);
      if (!role) continue;
      const Setting setting = setting_in(*list, name.variable, context);
      if (setting.form != Setting::Form::SecretKey) continue;
      const bool is_wrong = is_main ? is_crossed(portworx, name.key, context)
                                    : is_crossed_seed(setting, *role, *list, portworx, context);
      if (is_wrong)
        findings.push_back(crossed(setting, *role, context));
      else if (is_misspelt(*setting.ref, &portworx, context))
        findings.push_back(misspelt(setting, context));
    }
    is_main = false;
  }
  return findings;
}

// What Portworx reads is there, or Portworx would not start.
Repair follow_portworx(const Setting& key, const PortworxConfig& portworx,
                       const ContextBase& context) {
  const Setting& apps_key = portworx.effective(model::AuthKey::AppsKey);
  const auto ref = usable_reference(apps_key, portworx, context.object);
  const SecretRef right = right_reference(Role::Apps, key.ref->name);
  if (!ref || ref->name != right.name || ref->key != right.key) return {};
  return refer_to(key.path, *key.ref, right);
}

Findings on_stork(const StorkConfig& stork, const Context<StorkConfig>& context) {
  const Setting& key = stork.shared_secret();
  if (key.form != Setting::Form::SecretKey) return {};
  const PortworxConfig* portworx = context.view.portworx(stork.object()).get();
  const bool is_wrong = is_crossed(stork, context);
  if (!is_wrong && !is_misspelt(*key.ref, portworx, context)) return {};
  if (stork.is_driver_unknown()) {
    context.unverified("the value of --driver");
    return {};
  }
  if (!is_wrong) return {misspelt(key, context)};
  // The system key is right with no issuer at all.
  if (key.ref->key != model::kSystemSecretKey && has_unknown_issuer(stork, context)) return {};
  const bool is_operator = stork.issuer().text == model::kOperatorIssuer;
  Finding finding = crossed(key, is_operator ? Role::Shared : Role::Apps, context);
  if (finding.repair.empty() && portworx != nullptr && !is_operator)
    finding.repair = follow_portworx(key, *portworx, context);
  return {std::move(finding)};
}

constexpr Check kChecks[] = {on_portworx, on_stork};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS108",
    .name = "keys-crossed",
    .title = "A variable reads the key that is meant for another one",
    .rationale =
        "Portworx verifies with one key what was signed with another: it refuses every such token.",
    .fix = "Point the secretKeyRef at the key that is named for this variable.",
    .by_hand =
        "kubectl get pods -A -l 'name in (portworx,stork)' -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep -E 'AUTH|PX_SHARED' | sort | uniq -c",
    .source =
        "Portworx documentation, PX-Security on Kubernetes clusters; operator component/auth.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::keys_crossed
