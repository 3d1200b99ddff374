// PXS904: A change turns PX-Security off, or lets guests in again by dropping a field.
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules {
namespace {

using model::PortworxConfig;
using model::Security;

Finding turned_off(const PortworxConfig& portworx) {
  return {.at = portworx.path(),
          .found = "PX-Security off, before on",
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
  if (portworx.security() == Security::Off) return {turned_off(portworx)};
  if (is_on(portworx, context) && drops_guest_access(*context.old, portworx))
    return {guests_let_in()};
  return {};
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule security_turned_off;
constinit const Rule security_turned_off = {
    .id = "PXS904",
    .name = "security-turned-off",
    .title = "PX-Security is turned off",
    .rationale =
        "Tokens are deleted at once while volumes still refer to them, and every request is then "
        "allowed.",
    .fix =
        "Stop consumers and virtual machines first; references to px-user-token remain in "
        "StorageClasses and volumes.",
    .by_hand = "kubectl get storagecluster -A -o jsonpath='{.items[*].spec.security}'",
    .source = "operator component/auth.go, Delete; release notes of operator 24.2.3.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules
