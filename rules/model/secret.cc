#include "rules/model/secret.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rules/model/secret_bytes.h"

namespace pxguard::model {
namespace {

using Keys = std::map<std::string, SecretKeyFacts, std::less<>>;

// Digests are hexadecimal.
constexpr std::string_view kKnownDigest = "known:";

// Groups of the kinds that make Secrets: External Secrets and its forerunner, Sealed Secrets, the
// operators of Vault, 1Password and sops, the CSI driver for secret stores.
constexpr std::array<std::string_view, 8> kProducerGroups = {
    "external-secrets.io", "kubernetes-client.io",
    "bitnami.com",         "secrets.hashicorp.com",
    "ricoberger.de",       "onepassword.com",
    "isindir.github.com",  "secrets-store.csi.x-k8s.io"};

// What they write on what they make. The source of a copy has other keys of the same families
// (replicate-to, reflection-allowed), and is nobody's product.
constexpr std::array<std::string_view, 10> kProducerMarks = {
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

// Velero: label of everything that a restore makes. Stork: pkg/migration/controllers/migration.go.
constexpr std::array<std::string_view, 3> kRestoreMarks = {
    "velero.io/restore-name", "velero.io/backup-name", "stork.libopenstorage.org/migrat"};

template <std::size_t kCount>
bool has_mark(json::Value map, const std::array<std::string_view, kCount>& marks) {
  for (const auto& [key, value, node] : map.members()) {
    const std::string_view text = key;
    if (std::any_of(marks.begin(), marks.end(),
                    [text](std::string_view mark) { return text.starts_with(mark); }))
      return true;
  }
  return false;
}

template <std::size_t kCount>
bool is_marked(const Object& object, const std::array<std::string_view, kCount>& marks) {
  return has_mark(object.metadata()["labels"], marks) ||
         has_mark(object.metadata()["annotations"], marks);
}

template <class Predicate>
bool has_owner(const Object& object, Predicate is_it) {
  for (const json::Value owner : object.metadata()["ownerReferences"].elements()) {
    const std::string_view version = owner["apiVersion"].text();
    const std::size_t slash = version.find('/');
    if (is_it(version.substr(0, slash == version.npos ? 0 : slash), owner["kind"].text()))
      return true;
  }
  return false;
}

bool is_producer(std::string_view group, std::string_view) {
  return std::find(kProducerGroups.begin(), kProducerGroups.end(), group) != kProducerGroups.end();
}

bool is_storage_cluster(std::string_view group, std::string_view kind) {
  return group == "core.libopenstorage.org" && kind == "StorageCluster";
}

// A number or a list where a text belongs is refused; null is the empty text.
bool is_no_text(json::Value value) { return value.is_set() && !value.is_string(); }

SecretKeyFacts secret_key(const Object& object, std::string_view key, json::Value written) {
  const auto bytes = bytes_of_key(object, key);
  if (bytes) return facts_of_secret(*bytes, key);
  return written.is_set() ? facts_of_undecodable(written.text())
                          : facts_of_secret(SecretValue(), key);
}

// Both maps have the key. The API server keeps the bytes of stringData; whoever wrote the other
// ones meant something.
bool is_conflicting(const SecretKeyFacts& facts, json::Value data) {
  const auto encoded = base64_bytes(data.text());
  return encoded && !facts.rendered_later && keyed_digest(*encoded) != facts.digest;
}

void read_secret(const Object& object, Keys& keys) {
  const json::Value data = object.root()["data"];
  const json::Value plain = object.root()["stringData"];
  for (const auto& [key, value, node] : data.members()) {
    if (!plain[key].is_set()) keys[std::string(key)] = secret_key(object, key, value);
  }
  for (const auto& [key, value, node] : plain.members()) {
    if (!value.is_set() && !data[key].is_absent()) continue;
    SecretKeyFacts facts = is_no_text(value) ? facts_of_undecodable("")
                                             : facts_of_secret(SecretValue(value.text()), key);
    if (data[key].is_set()) facts.conflicting = is_conflicting(facts, data[key]);
    keys[std::string(key)] = std::move(facts);
  }
}

void read_config_map(const Object& object, Keys& keys) {
  for (const std::string_view map : {"data", "binaryData"}) {
    for (const auto& [key, value, node] : object.root()[map].members()) {
      const auto bytes = bytes_of_key(object, key);
      keys[std::string(key)] = bytes ? facts_of_config(*bytes) : SecretKeyFacts{};
    }
  }
}

}  // namespace

bool are_comparable(std::string_view digest, std::string_view other) {
  return !digest.empty() && !other.empty() &&
         digest.starts_with(kKnownDigest) == other.starts_with(kKnownDigest);
}

SecretFacts SecretFacts::of(const Object& object) {
  SecretFacts facts;
  facts.id_ = object.id();
  facts.type_ = object.root()["type"].text();
  if (object.kind() == "Secret")
    read_secret(object, facts.keys_);
  else
    read_config_map(object, facts.keys_);
  facts.immutable_ = object.root()["immutable"].boolean_or(false);
  facts.of_storage_cluster_ = has_owner(object, is_storage_cluster);
  facts.producer_ = has_owner(object, is_producer) || is_marked(object, kProducerMarks);
  facts.restored_ = is_marked(object, kRestoreMarks);
  return facts;
}

SecretFacts SecretFacts::known(ObjectId id, const std::map<std::string, std::string>& words) {
  SecretFacts facts;
  facts.id_ = std::move(id);
  for (const auto& [key, word] : words)
    facts.keys_[key] = {.digest = std::string(kKnownDigest) + word};
  return facts;
}

const SecretKeyFacts* SecretFacts::key(std::string_view name) const {
  const auto found = keys_.find(name);
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace pxguard::model
