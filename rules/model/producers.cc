#include "rules/model/producers.h"

#include <algorithm>
#include <array>

namespace pxguard::model {
namespace {

constexpr std::string_view kSealedSecrets = "bitnami.com";

// A label or annotation whose key begins with one of these.
template <std::size_t kCount>
bool has_any_mark(const Object& object, const std::array<std::string_view, kCount>& prefixes) {
  for (const std::string_view map : {"annotations", "labels"}) {
    for (const auto& [key, value, node] : object.metadata()[map].members()) {
      const std::string_view text = key;
      if (std::any_of(prefixes.begin(), prefixes.end(),
                      [text](std::string_view prefix) { return text.starts_with(prefix); }))
        return true;
    }
  }
  return false;
}

// kubernetes-client.io is the group of the first ExternalSecrets.
bool is_of_external_secrets(std::string_view group) {
  return group == "external-secrets.io" || group == "kubernetes-client.io";
}

bool is_replicated(const Object& object) {
  constexpr std::array<std::string_view, 4> kMarks = {
      "replicator.v1.mittwald.de/replicate-to", "replicator.v1.mittwald.de/replicate-to-matching",
      "reflector.v1.k8s.emberstack.com/reflection-auto-enabled", "kubed.appscode.com/sync"};
  return object.kind() == "Secret" && object.id().group().empty() && has_any_mark(object, kMarks);
}

}  // namespace

std::string_view made_secret_name(const Object& producer) {
  const json::Value spec = producer.root()["spec"];
  const bool is_for_all = producer.kind() == "ClusterExternalSecret";
  const json::Value own = is_for_all ? spec["externalSecretSpec"] : spec;
  if (const auto name = own["target"]["name"].text(); !name.empty()) return name;
  if (const auto name = spec["externalSecretName"].text(); is_for_all && !name.empty()) return name;
  return producer.id().name;
}

bool is_secret_producer(const Object& object) {
  const std::string_view kind = object.kind();
  const std::string_view group = object.id().group();
  const bool is_external = kind == "ExternalSecret" || kind == "ClusterExternalSecret";
  return (is_external && is_of_external_secrets(group)) ||
         (kind == "SealedSecret" && group == kSealedSecrets) || is_replicated(object);
}

bool makes_secret(const Object& producer, std::string_view ns, std::string_view name) {
  if (!is_secret_producer(producer)) return false;
  const std::string_view own_ns = producer.id().ns;
  if (producer.kind() == "Secret") return producer.id().name == name && own_ns != ns;
  const bool is_here =
      producer.kind() == "ClusterExternalSecret" || ns.empty() || own_ns.empty() || ns == own_ns;
  return is_here && made_secret_name(producer) == name;
}

bool is_made_by_producer(const Object& secret) {
  // The source of a copy has other keys of the same families (replicate-to, reflection-allowed),
  // and is nobody's product.
  constexpr std::array<std::string_view, 10> kMarks = {
      "external-secrets.io/",
      "reconcile.external-secrets.io/",
      "sealedsecrets.bitnami.com/",
      "operator.1password.io/",
      "replicator.v1.mittwald.de/replicate-from",
      "replicator.v1.mittwald.de/replicated-",
      "reflector.v1.k8s.emberstack.com/reflects",
      "reflector.v1.k8s.emberstack.com/auto-reflects",
      "reflector.v1.k8s.emberstack.com/reflected-",
      "kubed.appscode.com/origin"};
  // The kinds that make Secrets: External Secrets and its forerunner, Sealed Secrets, the operators
  // of Vault, 1Password and sops, the CSI driver for secret stores.
  constexpr std::array<std::string_view, 8> kGroups = {
      "external-secrets.io", "kubernetes-client.io",
      "bitnami.com",         "secrets.hashicorp.com",
      "ricoberger.de",       "onepassword.com",
      "isindir.github.com",  "secrets-store.csi.x-k8s.io"};
  const auto has_owner = [&](std::string_view group) { return secret.has_owner(group); };
  return has_any_mark(secret, kMarks) || std::any_of(kGroups.begin(), kGroups.end(), has_owner);
}

bool is_restored_copy(const Object& secret) {
  constexpr std::array<std::string_view, 3> kMarks = {
      "velero.io/restore-name", "velero.io/backup-name", "stork.libopenstorage.org/migrat"};
  return has_any_mark(secret, kMarks);
}

}  // namespace pxguard::model
