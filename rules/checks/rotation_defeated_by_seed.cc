// PXS509: The shared key moves to a new Secret, which the operator then fills with the old key.
#include <string>
#include <string_view>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/security_values.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::rotation_defeated_by_seed {
namespace {

using model::EnvList;
using model::EnvVar;
using model::Setting;
using model::StorageCluster;

constexpr std::string_view kVariable = model::auth_name(model::AuthKey::JwtSharedSecret).variable;

EnvList env_of(const StorageCluster& cluster) {
  return EnvList::read(cluster.spec()["env"], {}, model::FieldPath{"spec"});
}

// Whoever changes the entry with the name gives the new Secret a new key.
bool is_old_key(const Setting& now, const StorageCluster& old, const ContextBase& context) {
  const EnvList list = env_of(old);
  const EnvVar* entry = first_entry(list, kVariable);
  if (entry == nullptr) return false;
  const std::string_view ns = context.object.id().ns;
  const auto sameness =
      compare(setting_of(list, *entry, context), ns, now, ns, context.view, context.object);
  if (sameness == model::Sameness::Unknown)
    context.unverified("the values of " + std::string(kVariable) +
                       " before and after, to compare them");
  return sameness == model::Sameness::Same;
}

Finding defeated(const EnvVar& entry, const std::string& name, bool is_absent) {
  Finding finding{
      .at = entry.path(),
      .found = "secret " + printable(name, 120) +
               (is_absent ? ", which does not exist, " : ", which has no key shared-secret, ") +
               "and " + std::string(kVariable) + " as before",
      .want = "the new Secret with its key first, and no " + std::string(kVariable),
      .reference = printable(name, 120),
      .is_about_change = true,
      .repair = {{Edit::remove(entry.path())}}};
  if (is_absent) finding.at_admission = Action::Warn;
  return finding;
}

Findings on_storage_cluster(const StorageCluster& cluster, const Context<StorageCluster>& context) {
  if (context.old == nullptr || !context.old->is_security_enabled() ||
      !cluster.is_security_enabled())
    return {};
  const std::string name = cluster.shared_secret_name();
  if (name.empty() || name == context.old->shared_secret_name()) return {};
  const EnvList list = env_of(cluster);
  const EnvVar* entry = first_entry(list, kVariable);
  if (entry == nullptr) return {};
  const Setting seed = setting_of(list, *entry, context);
  if (seed.is_absent() || !is_old_key(seed, *context.old, context)) return {};
  const auto secret = context.view.secret(context.object, context.object.id().ns, name);
  if (secret.is_unknown()) context.unverified(secret.needs());
  if (secret.is_absent()) return {defeated(*entry, name, true)};
  if (secret.get() == nullptr || secret.get()->key(model::kSharedSecretKey) != nullptr) return {};
  return {defeated(*entry, name, false)};
}

constexpr Check kChecks[] = {on_storage_cluster};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS509",
    .name = "rotation-defeated-by-seed",
    .title = "The new Secret of the shared key will hold the old key",
    .rationale =
        "The operator fills the new Secret from spec.env: everything restarts, and the key that "
        "was to go stays.",
    .fix =
        "Make the new Secret with a new key, remove the entry from spec.env, then change the "
        "name.",
    .by_hand = "kubectl get storagecluster -A -o jsonpath='{.items[*].spec.env[*].name}'",
    .source =
        "operator drivers/storage/portworx/component/auth.go, getPrivateKeyOrGenerate: spec.env "
        "comes first.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::rotation_defeated_by_seed
