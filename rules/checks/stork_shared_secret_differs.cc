// PXS202: Stork signs with a key that Portworx does not verify with.
#include <optional>
#include <vector>

#include "rules/checks/shared/crossed_keys.h"
#include "rules/checks/shared/partner.h"
#include "rules/checks/shared/repairs.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::stork_shared_secret_differs {
namespace {

using model::PortworxConfig;
using model::Sameness;
using model::StorkConfig;

Sameness compare_keys(const StorkConfig& stork, const model::Setting& key,
                      const PortworxConfig& portworx, const ContextBase& context) {
  return compare(stork.shared_secret(), stork.object().id().ns, key, portworx.object().id().ns,
                 context.view, stork.object());
}

// The same reference, but one of the two does not say its namespace.
bool may_be_same_reference(const StorkConfig& stork, const model::Setting& key,
                           const PortworxConfig& portworx) {
  const bool unset = stork.object().id().ns.empty() != portworx.object().id().ns.empty();
  return unset && key.ref && stork.shared_secret().ref == key.ref;
}

Repair point_at(const StorkConfig& stork, const model::Setting& key, const PortworxConfig& portworx,
                const model::Object& reviewed) {
  const auto ref = usable_reference(key, portworx, reviewed);
  if (!ref || stork.shared_secret().form != model::Setting::Form::SecretKey) return {};
  return refer_to(stork.shared_secret().path, *stork.shared_secret().ref, *ref);
}

Finding differs(const StorkConfig& stork, const model::Setting& key, const PortworxConfig& portworx,
                const model::Object& reviewed) {
  return {.at = stork.shared_secret().path,
          .found = stork.shared_secret().display(),
          .want = named_reference(key, portworx, reviewed),
          .reference = stork.shared_secret().display(),
          .repair = point_at(stork, key, portworx, reviewed)};
}

Finding not_configured(const StorkConfig& stork, model::AuthKey key) {
  const std::string variable(model::auth_name(key).variable);
  return {.at = stork.shared_secret().path,
          .message = "Portworx has no key that Stork's could equal",
          .found = stork.shared_secret().display() + ", and no " + variable + " on Portworx",
          .want = variable + " on Portworx, equal to it",
          .fix = "Add " + variable + " to Portworx, from the Secret and key that Stork reads.",
          .reference = variable};
}

// The key that the issuer asks for. An issuer that Portworx cannot know is another rule's matter:
// whatever it becomes, Stork's key has to be one of those that Portworx has.
std::vector<model::AuthKey> candidate_keys(const StorkConfig& stork,
                                           const PortworxConfig& portworx) {
  if (const auto role = partner_key(stork, portworx)) return {*role};
  std::vector<model::AuthKey> keys;
  for (const auto key :
       {model::AuthKey::AppsKey, model::AuthKey::StorkKey, model::AuthKey::JwtSharedSecret}) {
    if (!portworx.effective(key).is_absent()) keys.push_back(key);
  }
  return keys;
}

// Different from all, or the same as one; none where a key is out of sight, which is noted.
std::optional<Sameness> compare_with(const std::vector<model::AuthKey>& keys,
                                     const StorkConfig& stork, const PortworxConfig& portworx,
                                     const ContextBase& context) {
  Sameness result = Sameness::Different;
  for (const model::AuthKey role : keys) {
    const model::Setting& key = portworx.effective(role);
    if (key.is_maybe()) {
      context.unverified(key.needs);
      return std::nullopt;
    }
    const Sameness sameness = compare_keys(stork, key, portworx, context);
    if (sameness == Sameness::Same) return Sameness::Same;
    if (sameness == Sameness::Unknown) result = Sameness::Unknown;
  }
  return result;
}

Findings on_stork(const StorkConfig& stork, const Context<StorkConfig>& context) {
  if (!stork.is_stork() || !context.is_provided(stork.shared_secret())) return {};
  const PortworxConfig* portworx = secured_partner(stork, context);
  if (portworx == nullptr || is_set_by_operator(stork, *portworx) ||
      has_unknown_issuer(stork, context))
    return {};
  if (has_two_candidates(stork, *portworx, context)) return {};
  const std::vector<model::AuthKey> candidates = candidate_keys(stork, *portworx);
  if (candidates.empty()) return {};
  const model::Setting& key = portworx->effective(candidates.front());
  if (key.is_absent()) return {not_configured(stork, candidates.front())};
  const auto sameness = compare_with(candidates, stork, *portworx, context);
  if (!sameness || *sameness == Sameness::Same) return {};
  if (*sameness == Sameness::Different) return {differs(stork, key, *portworx, context.object)};
  context.unverified(
      "the bytes of " + stork.shared_secret().display() + " and of " +
      named_reference(key, *portworx, context.object) +
      std::string(how_to_compare(stork.shared_secret(), stork.object().id().ns, key,
                                 portworx->object().id().ns, context.view, stork.object())));
  if (may_be_same_reference(stork, key, *portworx) || is_crossed(stork, context)) return {};
  Finding finding = differs(stork, key, *portworx, context.object);
  finding.severity = Severity::Warning;
  finding.message = "Stork and Portworx refer to different keys, not proven to be equal";
  return {finding};
}

// Portworx leads: its change is only warned about, unless it takes a matching pair apart.
Findings on_leader(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  if (context.moment != Moment::Admission || portworx.security() != model::Security::On) return {};
  Findings findings;
  for (const StorkConfig* stork : context.view.storks(portworx.object()).configs) {
    const auto role = partner_key(*stork, portworx);
    if (stork->is_part_of_storage_cluster() || !role || !stork->shared_secret().is_provided())
      continue;
    const model::Setting& key = portworx.effective(*role);
    if (!key.is_provided() || compare_keys(*stork, key, portworx, context) != Sameness::Different)
      continue;
    const auto old_role = context.old != nullptr ? partner_key(*stork, *context.old) : std::nullopt;
    const bool matched = old_role && context.old->effective(*old_role).is_provided() &&
                         compare_keys(*stork, context.old->effective(*old_role), *context.old,
                                      context) == Sameness::Same;
    findings.push_back(
        {.at = key.path,
         .message = matched ? "this change takes the keys of Portworx and Stork apart" : "",
         .found = key.display(),
         .want = "the key of " + named_object(stork->object(), context.object),
         .fix = "Change Stork next, to the same Secret and key.",
         .at_admission = matched ? Action::Deny : Action::Warn,
         .reference = key.display(),
         .acknowledgement = matched ? Acknowledgement::Rotation : Acknowledgement::None,
         .is_about_change = matched});
  }
  return findings;
}

constexpr Check kChecks[] = {on_stork, on_leader};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS202",
    .name = "stork-shared-secret-differs",
    .title = "Stork and Portworx use different keys",
    .rationale =
        "Portworx refuses every token that Stork signs: snapshots, migrations and backups stop.",
    .fix =
        "Point Stork's PX_SHARED_SECRET at the Secret and key that Portworx reads (with "
        "PX_JWT_ISSUER apps.portworx.io: PORTWORX_AUTH_SYSTEM_APPS_KEY).",
    .by_hand =
        "kubectl get pods -A -l 'name in (portworx,stork)' -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep -E 'AUTH|PX_SHARED' | sort | uniq -c",
    .source = "Portworx documentation, PX-Security on Kubernetes clusters: the two must match.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::stork_shared_secret_differs
