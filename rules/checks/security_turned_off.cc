// PXS904: A change turns PX-Security off, or lets guests in again by dropping a field.
#include <algorithm>
#include <map>
#include <string>

#include "base/text.h"
#include "rules/model/portworx_names.h"
#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules::security_turned_off {
namespace {

using model::PortworxConfig;
using model::Security;

// "; 2 of kind StorageClass, 1 of kind PersistentVolume refer to tokens", or nothing.
std::string left_behind(const PortworxConfig& portworx, const ContextBase& context) {
  std::map<std::string, int> by_kind;
  for (const model::Object* object : context.view.dependents(portworx.object()).objects) {
    const auto references = model::token_references(*object);
    const bool refers = std::any_of(references.begin(), references.end(),
                                    [](const auto& reference) { return reference.name; });
    if (refers) ++by_kind[object->id().kind];
  }
  std::string text;
  for (const auto& [kind, count] : by_kind) {
    text +=
        (text.empty() ? "; " : ", ") + std::to_string(count) + " of kind " + printable(kind, 60);
  }
  return text.empty() ? text : text + " in view still refer to tokens";
}

Finding turned_off(const PortworxConfig& portworx, const ContextBase& context) {
  return {.at = portworx.path(),
          .found = "PX-Security off, before on" + left_behind(portworx, context),
          .want = "PX-Security stays on",
          .acknowledgement = Acknowledgement::DisableSecurity,
          .is_about_change = true};
}

Finding guests_let_in() {
  return {.at = model::FieldPath{"spec", "security"},
          .message = "Guests are let in again because a field was dropped",
          .found = "no guestAccess, which means Enabled; before Disabled",
          .want = "guestAccess Disabled, written out",
          .why = "Requests without a token work again on every public volume.",
          .fix = "Write spec.security.auth.guestAccess: Disabled.",
          .reference = "guestAccess",
          .acknowledgement = Acknowledgement::DisableSecurity,
          .is_about_change = true};
}

bool drops_guest_access(const PortworxConfig& old, const PortworxConfig& now) {
  if (!old.storage_cluster() || !now.storage_cluster()) return false;
  return old.storage_cluster()->guest_access() == "Disabled" &&
         now.storage_cluster()->security()["auth"]["guestAccess"].text().empty();
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  if (context.old == nullptr || portworx.is_helper()) return {};
  if (!is_on(*context.old, context)) return {};
  if (portworx.security() == Security::Off) return {turned_off(portworx, context)};
  if (is_on(portworx, context) && drops_guest_access(*context.old, portworx))
    return {guests_let_in()};
  return {};
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS904",
    .name = "security-turned-off",
    .title = "PX-Security is turned off",
    .rationale =
        "Tokens are deleted at once while volumes still refer to them, and every request is then "
        "allowed.",
    .fix =
        "Stop consumers and virtual machines first; references to px-user-token remain in "
        "StorageClasses and volumes.",
    .by_hand =
        "kubectl get storagecluster -A -o jsonpath='{.items[*].spec.security.enabled} "
        "{.items[*].spec.security.auth.guestAccess}'",
    .source = "operator component/auth.go, Delete; release notes of operator 24.2.3.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::security_turned_off
