// PXS804: Keys and tokens go along with backups and migrations.
#include <string_view>

#include "rules/checks/shared/secret_keys.h"
#include "rules/checks/shared/token_secrets.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::secret_in_backups {
namespace {

using model::SecretFacts;

// stork pkg/resourcecollector/resourcecollector.go: the second is the older one, and looked at in
// fewer places.
constexpr std::string_view kSkip = "stork.libopenstorage.org/skip-resource";
constexpr std::string_view kOldSkip = "stork.libopenstorage.org/skipresource";

// CSI has one Secret for the token and the key of encrypted volumes, and that has to be in backups.
bool has_only_token(const SecretFacts& secret) { return secret.keys().size() == 1; }

bool is_shared_secret(const SecretFacts& secret, const ContextBase& context) {
  if (secret.id().name == model::kSharedSecretName) return true;
  const model::PortworxConfig* portworx = context.view.portworx(context.object).get();
  return portworx != nullptr && portworx->storage_cluster() &&
         portworx->install() == model::PortworxConfig::Install::StorageClusterSecurity &&
         portworx->object().id().ns == secret.id().ns &&
         portworx->storage_cluster()->shared_secret_name() == secret.id().name;
}

Repair annotate(const model::Object& secret) {
  const model::FieldPath at = model::FieldPath{"metadata", "annotations"}.key(kSkip);
  const bool is_written = secret.metadata()["annotations"][kSkip].is_set();
  return {{is_written ? Edit::replace(at, std::string_view("true"))
                      : Edit::add(at, std::string_view("true"))}};
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  if (context.object.annotation(kSkip) == "true") return {};
  const bool is_token = token_secret(secret, context) != TokenSecret::No && has_only_token(secret);
  const bool is_certain =
      is_token || secret.id().name == model::kSystemSecrets || is_shared_secret(secret, context);
  if (!is_certain && !is_key_secret(secret, context)) return {};
  const bool has_old = context.object.annotation(kOldSkip) == "true";
  Finding finding{.at = model::FieldPath{"metadata", "annotations"},
                  .severity = is_certain && !has_old ? Severity::Warning : Severity::Info,
                  .found = has_old ? "only the annotation skipresource, which is deprecated"
                                   : "no annotation skip-resource",
                  .want = "stork.libopenstorage.org/skip-resource: \"true\"",
                  .at_admission = Action::Warn,
                  .repair = annotate(context.object)};
  return {finding};
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS804",
    .name = "secret-in-backups",
    .title = "A key or token of PX-Security goes into backups",
    .rationale =
        "Stork backs it up and migrates it with its namespace: it leaves the cluster, and a "
        "restore brings back what has expired or was rotated.",
    .fix = "Add the annotation stork.libopenstorage.org/skip-resource with the value \"true\".",
    .by_hand =
        "kubectl -n portworx get secret px-user-token -o "
        "jsonpath='{.metadata.annotations.stork\\.libopenstorage\\.org/skip-resource}'",
    .source =
        "operator component/auth.go sets it on its own; stork pkg/resourcecollector reads it.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::secret_in_backups
