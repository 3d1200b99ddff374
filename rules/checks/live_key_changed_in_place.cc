// PXS901: The bytes of a key in use change under the processes that hold the old ones.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "rules/checks/shared/key_secrets.h"
#include "rules/checks/shared/running_pods.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::live_key_changed_in_place {
namespace {

using model::SecretFacts;

bool is_documented_key(std::string_view key) {
  return key == model::kSystemSecretKey || key == model::kAppsSecretKey ||
         key == model::kStorkSecretKey || key == model::kSharedSecretKey;
}

Finding changed(const std::string& key, bool removed, const model::Object& secret) {
  const bool is_plain = secret.root()["stringData"][key].is_set();
  return {.at = model::FieldPath{is_plain ? "stringData" : "data"}.key(key),
          .found = "key " + printable(key, 80) +
                   (removed ? " is removed" : " with other bytes than before"),
          .want = "the same bytes; a new key goes into a new Secret",
          .reference = key,
          .acknowledgement = Acknowledgement::Rotation,
          .is_about_change = true};
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  if (!context.settings.names_key_secret(secret.id().name) && !is_referred_to(secret, context))
    return {};
  if (context.old == nullptr) return {};
  Findings findings;
  for (const auto& [key, old] : context.old->keys()) {
    const model::SecretKeyFacts* now = secret.key(key);
    if (now != nullptr && now->digest == old.digest) continue;
    const Use use = use_of(secret, key, context);
    if (use == Use::No || (use == Use::Unknown && !is_documented_key(key))) continue;
    Finding finding = changed(key, now == nullptr, context.object);
    if (use == Use::Unknown) {
      context.unverified("the Portworx that reads key " + printable(key, 80));
      finding.severity = Severity::Warning;
      finding.at_admission = Action::Warn;
      finding.message = "A key that Portworx may be using changes in place";
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

// In a live cluster: the change has happened, and who holds the old bytes can be seen.
Findings on_portworx(const model::PortworxConfig& portworx,
                     const Context<model::PortworxConfig>& context) {
  if (portworx.is_helper()) return {};
  return find_pods_with_old_keys(portworx.object(), portworx.path(), context);
}

Findings on_stork(const model::StorkConfig& stork, const Context<model::StorkConfig>& context) {
  if (stork.is_part_of_storage_cluster()) return {};
  return find_pods_with_old_keys(stork.object(), stork.path(), context);
}

constexpr Check kChecks[] = {on_secret, on_portworx, on_stork};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS901",
    .name = "live-key-changed-in-place",
    .title = "A key in use changes in place",
    .rationale =
        "Running pods keep the old key and new tokens are signed with the new one: requests fail "
        "until everything restarts.",
    .fix =
        "Make a new Secret and name it in selfSigned.sharedSecret, or plan a restart of "
        "Portworx, Stork and Autopilot.",
    .by_hand =
        "kubectl -n kube-system get secret pxkeys -o jsonpath='{range "
        ".metadata.managedFields[*]}{.time} {.manager}{\"\\n\"}{end}'",
    .source =
        "operator drivers/storage/portworx/component/auth.go; "
        "pkg/controller/storagecluster/update.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::live_key_changed_in_place
