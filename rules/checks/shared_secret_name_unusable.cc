// PXS504: selfSigned.sharedSecret is no name of a Secret that can hold the key of user tokens.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.h"
#include "rules/checks/shared/security_values.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::shared_secret_name_unusable {
namespace {

using model::StorageCluster;

constexpr std::size_t kLongestName = 253;

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// The rule of Kubernetes for names of Secrets: labels of lower case, digits and hyphens, divided
// by dots, none of them with a hyphen at an end.
bool is_dns_subdomain(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  const auto labels = split(name, '.');
  return std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
    return !label.empty() && is_name_character(label.front()) && is_name_character(label.back()) &&
           std::all_of(label.begin(), label.end(),
                       [](char c) { return c == '-' || is_name_character(c); });
  });
}

// What is no name may be the key itself: it is never said.
Finding no_name(std::string_view written, const model::FieldPath& at) {
  const bool is_template = model::is_injector_reference(written);
  return {.at = at,
          .severity = is_template ? Severity::Warning : Severity::Error,
          .found = written.empty() ? "an empty name" : "a text that is no name of a Secret",
          .want = "the name of a Secret, such as px-shared-secret",
          .why =
              "The operator can neither find nor make a Secret of this name, and sets up no "
              "authorization.",
          .fix =
              "Put the key into a Secret under shared-secret, and write the Secret's name here; "
              "a key that stood here is known."};
}

Finding named(std::string_view name, const model::FieldPath& at, std::string want) {
  return {.at = at,
          .found = "secret " + printable(name, 120),
          .want = std::move(want),
          .reference = printable(name, 120)};
}

Finding of_tokens(std::string_view name, const model::FieldPath& at) {
  Finding finding = named(name, at, "a Secret of its own, such as px-shared-secret");
  finding.why =
      "The operator replaces all that is in this Secret with a token: the key is lost each time.";
  return finding;
}

Finding of_system_keys(std::string_view name, const model::FieldPath& at) {
  Finding finding = named(name, at, "a Secret of its own, such as px-shared-secret");
  finding.severity = Severity::Warning;
  finding.message = "The key of user tokens lies in one Secret with the system keys";
  finding.why =
      "It works, but who may read the key to make user tokens can make system tokens as well.";
  return finding;
}

// The operator adds the key, so that nothing fails: it is just not the one that people think.
Finding without_key(std::string_view name, const model::FieldPath& at) {
  Finding finding = named(name, at, "a Secret with key shared-secret");
  finding.severity = Severity::Warning;
  finding.found += ", which has no key shared-secret";
  finding.message = "The Secret of the shared key lacks the key";
  finding.why =
      "The operator adds a random one: tokens that are signed with another key of the Secret fail.";
  finding.fix = "Put the key into the Secret under the name shared-secret.";
  return finding;
}

Findings on_storage_cluster(const StorageCluster& cluster, const Context<StorageCluster>& context) {
  const json::Value written = cluster.security()["auth"]["selfSigned"]["sharedSecret"];
  const model::FieldPath at = self_signed_path("sharedSecret");
  const std::string name = cluster.shared_secret_name();
  // Another type is PXS510's.
  if (written && !written.is_string()) return {};
  if (is_filled_in_later(name, at, context)) return {};
  if (!is_dns_subdomain(name)) return {no_name(name, at)};
  if (name == model::kAdminToken || name == model::kUserToken) return {of_tokens(name, at)};
  if (name == model::kSystemSecrets) return {of_system_keys(name, at)};
  if (!cluster.is_security_enabled()) return {};
  const auto secret = context.view.secret(context.object, context.object.id().ns, name);
  // The operator makes the one of the default name itself.
  if (secret.is_unknown() && name != model::kSharedSecretName) context.unverified(secret.needs());
  if (secret.get() == nullptr || secret.get()->key(model::kSharedSecretKey) != nullptr) return {};
  // A key in spec.env fills the gap: PXS505 and PXS509 speak of it.
  const auto env = model::EnvList::read(cluster.spec()["env"], {}, model::FieldPath{"spec"});
  if (first_entry(env, model::auth_name(model::AuthKey::JwtSharedSecret).variable) != nullptr)
    return {};
  return {without_key(name, at)};
}

constexpr Check kChecks[] = {on_storage_cluster};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS504",
    .name = "shared-secret-name-unusable",
    .title = "sharedSecret names no Secret that can hold the shared key",
    .rationale = "The operator cannot keep the key of user tokens there.",
    .fix =
        "Name a Secret of its own, such as px-shared-secret; the operator makes it where it "
        "does not exist.",
    .by_hand =
        "kubectl get storagecluster -A -o "
        "jsonpath='{.items[*].spec.security.auth.selfSigned.sharedSecret}' | xargs kubectl -n "
        "portworx describe secret 2>/dev/null",
    .source =
        "operator drivers/storage/portworx/component/auth.go, createPrivateKeysSecret and "
        "maintainAuthTokenSecret.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::shared_secret_name_unusable
