// PXS206: Portworx is secured, but Autopilot does not sign its calls, or with another key.
#include <optional>
#include <string>

#include "rules/checks/shared/partner.h"
#include "rules/checks/shared/repairs.h"
#include "rules/checks/shared/versions.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::autopilot_auth_missing {
namespace {

using model::AuthKey;
using model::PortworxConfig;
using model::Setting;
using model::StorkConfig;

std::string wanted_key(const StorkConfig& autopilot, const PortworxConfig* portworx,
                       const ContextBase& context) {
  const bool is_known = portworx != nullptr && portworx->effective(AuthKey::AppsKey).is_provided();
  if (!is_known) return "PX_SHARED_SECRET, equal to PORTWORX_AUTH_SYSTEM_APPS_KEY of Portworx";
  const Setting& key = portworx->effective(AuthKey::AppsKey);
  const bool has_reference = key.ref && key.form != Setting::Form::ConfigMapKey;
  if (has_reference && autopilot.is_part_of_storage_cluster())
    return "PX_SHARED_SECRET from " + key.ref->display();
  return "PX_SHARED_SECRET from " + named_reference(key, *portworx, context.object);
}

Repair add_key(const StorkConfig& autopilot, const PortworxConfig* portworx,
               const ContextBase& context) {
  if (portworx == nullptr || autopilot.env().last(model::kSharedSecretEnv) != nullptr) return {};
  const auto ref =
      usable_reference(portworx->effective(AuthKey::AppsKey), *portworx, context.object);
  if (!ref) return {};
  return {{Edit::append(autopilot.path(), model::kSharedSecretEnv, *ref)}};
}

Repair point_at(const StorkConfig& autopilot, const Setting& key, const PortworxConfig& portworx,
                const ContextBase& context) {
  const Setting& own = autopilot.shared_secret();
  const auto ref = usable_reference(key, portworx, context.object);
  if (!ref || own.form != Setting::Form::SecretKey) return {};
  return refer_to(own.path, *own.ref, *ref);
}

Finding without_key(const StorkConfig& autopilot, const PortworxConfig* portworx,
                    const ContextBase& context) {
  return {.at = autopilot.shared_secret().path,
          .found = "no PX_SHARED_SECRET",
          .want = wanted_key(autopilot, portworx, context),
          .at_admission = Action::Warn,
          .repair = add_key(autopilot, portworx, context)};
}

Finding before_authorization(const StorkConfig& autopilot) {
  return {.at = autopilot.image_path(),
          .message = "This Autopilot knows nothing of PX-Security",
          .found = "Autopilot " + autopilot.version()->display(),
          .want = "Autopilot " + model::kAutopilotAuth.display() + " or newer",
          .fix = "Use an image of Autopilot " + model::kAutopilotAuth.display() + " or newer.",
          .at_admission = Action::Warn,
          .reference = "version"};
}

// Since 1.8 the operator sets it, but only where it manages security. An empty entry stays.
bool is_set_later(const StorkConfig& autopilot, const PortworxConfig& portworx,
                  const ContextBase& context) {
  if (!is_set_by_operator(autopilot, portworx)) return false;
  if (autopilot.env().last(model::kSharedSecretEnv) != nullptr) return false;
  const auto version = operator_version(portworx, context);
  if (!version) {
    context.unverified("the version of the operator, which sets Autopilot's key since 1.8");
  }
  return !is_older(version, model::kOperatorAutopilotKey);
}

std::optional<Finding> judge_key(const StorkConfig& autopilot, const PortworxConfig* portworx,
                                 const ContextBase& context) {
  const Setting& own = autopilot.shared_secret();
  if (context.is_missing(own)) {
    const bool is_later = portworx != nullptr && is_set_later(autopilot, *portworx, context);
    if (is_later || is_fragment(autopilot, context)) return std::nullopt;
    return without_key(autopilot, portworx, context);
  }
  // Beside spec.security an entry is PXS205's matter.
  if (!own.is_provided() || portworx == nullptr || is_set_by_operator(autopilot, *portworx))
    return std::nullopt;
  const Setting& key = portworx->effective(AuthKey::AppsKey);
  if (!context.is_provided(key)) return std::nullopt;
  const auto sameness = compare(own, autopilot.object().id().ns, key, portworx->object().id().ns,
                                context.view, autopilot.object());
  if (sameness == model::Sameness::Unknown) {
    context.unverified(
        "the bytes of " + own.display() + " and of " +
        named_reference(key, *portworx, context.object) +
        std::string(how_to_compare(own, autopilot.object().id().ns, key, portworx->object().id().ns,
                                   context.view, autopilot.object())));
  }
  if (sameness != model::Sameness::Different) return std::nullopt;
  return Finding{.at = own.path,
                 .message = "Autopilot and Portworx use different keys",
                 .found = own.display(),
                 .want = named_reference(key, *portworx, context.object),
                 .fix = "Point Autopilot's PX_SHARED_SECRET at the key that Portworx reads.",
                 .at_admission = Action::Warn,
                 .reference = own.display(),
                 .repair = point_at(autopilot, key, *portworx, context)};
}

Findings on_autopilot(const StorkConfig& autopilot, const Context<StorkConfig>& context) {
  if (autopilot.is_stork()) return {};
  const PortworxConfig* portworx = secured_partner(autopilot, context);
  if (portworx == nullptr && !is_assumed(autopilot, context)) return {};
  Findings findings;
  if (is_older(autopilot.version(), model::kAutopilotAuth))
    findings.push_back(before_authorization(autopilot));
  if (auto finding = judge_key(autopilot, portworx, context))
    findings.push_back(std::move(*finding));
  return findings;
}

constexpr Check kChecks[] = {on_autopilot};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS206",
    .name = "autopilot-auth-missing",
    .title = "Autopilot cannot sign its calls to a Portworx that is secured",
    .rationale =
        "Portworx refuses Autopilot's actions, such as growing a volume or a pool, as soon as "
        "guests are refused.",
    .fix =
        "Add PX_SHARED_SECRET to Autopilot (spec.autopilot.env of a StorageCluster), from the key "
        "that Portworx has as PORTWORX_AUTH_SYSTEM_APPS_KEY.",
    .by_hand =
        "kubectl get pods -A -l name=autopilot -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep PX_SHARED | sort | uniq -c",
    .source =
        "Autopilot 1.3.2 and operator 1.8.0 release notes; operator component/autopilot.go, "
        "setDefaultAutopilotSecret.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::autopilot_auth_missing
