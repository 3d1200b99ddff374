#include "rules/model/secret.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rules/model/blind.h"
#include "rules/model/producers.h"
#include "rules/model/secret_bytes.h"

namespace pxguard::model {
namespace {

using Keys = std::map<std::string, SecretKeyFacts, std::less<>>;

// Digests are 32 bytes, which are not these by chance.
constexpr std::string_view kKnownDigest = "known:";

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
  facts.of_storage_cluster_ = object.has_owner("core.libopenstorage.org", "StorageCluster");
  facts.producer_ = is_made_by_producer(object);
  facts.restored_ = model::is_restored_copy(object);
  return facts;
}

SecretFacts SecretFacts::known(ObjectId id, const std::map<std::string, std::string>& words) {
  SecretFacts facts;
  facts.id_ = std::move(id);
  for (const auto& [key, word] : words) {
    // Out of sight, like a value that a tool puts in later: it is neither good nor bad.
    facts.keys_[key] = {.digest = std::string(kKnownDigest) + word, .rendered_later = true};
  }
  return facts;
}

void SecretFacts::make_blind() {
  for (auto& [name, facts] : keys_) {
    if (!facts.digest.empty()) facts.digest = blind_digest(facts.digest);
  }
}

const SecretKeyFacts* SecretFacts::key(std::string_view name) const {
  const auto found = keys_.find(name);
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace pxguard::model
