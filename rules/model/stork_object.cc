#include "rules/model/stork_object.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "rules/model/kinds.h"

namespace pxguard::model {
namespace {

struct Kind {
  std::string_view name;
  TokenSource source;
  bool is_snapshot;
};

constexpr std::array<Kind, 18> kKinds = {{
    {"Migration", TokenSource::Annotations, false},
    {"MigrationSchedule", TokenSource::Annotations, false},
    {"VolumeSnapshot", TokenSource::Annotations, true},
    {"VolumeSnapshotSchedule", TokenSource::Annotations, true},
    {"GroupVolumeSnapshot", TokenSource::Annotations, true},
    {"VolumeSnapshotRestore", TokenSource::Annotations, true},
    {"ApplicationClone", TokenSource::Annotations, false},
    {"ApplicationBackup", TokenSource::VolumesFirst, false},
    {"ApplicationBackupSchedule", TokenSource::VolumesFirst, false},
    {"ApplicationRestore", TokenSource::VolumesFirst, false},
    {"ClusterPair", TokenSource::StorkItself, false},
    {"ClusterDomainUpdate", TokenSource::StorkItself, false},
    {"ClusterDomainsStatus", TokenSource::StorkItself, false},
    {"SchedulePolicy", TokenSource::Nobody, false},
    {"NamespacedSchedulePolicy", TokenSource::Nobody, false},
    {"Rule", TokenSource::Nobody, false},
    {"BackupLocation", TokenSource::Nobody, false},
    {"ResourceTransformation", TokenSource::Nobody, false},
}};

// Of a schedule the template's, else the object's own.
json::Value made_spec(const Object& object) {
  const json::Value templated = object.root().at("spec.template.spec");
  return templated.is_set() ? templated : object.root()["spec"];
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

}  // namespace

std::optional<StorkObject> StorkObject::of(const Object& object) {
  if (!is_of_stork(object.id())) return std::nullopt;
  for (const Kind& kind : kKinds) {
    if (object.kind() == kind.name) return StorkObject(object, kind.source, kind.is_snapshot);
  }
  return std::nullopt;
}

StorkObject::StorkObject(const Object& object, TokenSource source, bool is_snapshot)
    : object_(&object), source_(source), is_snapshot_(is_snapshot) {
  for (TokenReference& reference : token_references(object)) {
    const bool is_read = reference.family == TokenReference::Family::OpenStorage;
    if (is_read && (reference.name || reference.ns)) token_ = std::move(reference);
  }
}

bool StorkObject::includes_volumes() const {
  const bool is_migration = is("Migration") || is("MigrationSchedule");
  return !is_migration || made_spec(*object_)["includeVolumes"].boolean_or(true);
}

bool StorkObject::is_suspended() const {
  return object_->root()["spec"]["suspend"].boolean_or(false);
}

bool StorkObject::is_static_copy() const {
  const std::string_view value = object_->annotation("stork.libopenstorage.org/static-copy");
  return !value.empty() && value != "false";
}

bool StorkObject::is_child() const {
  // Stork does not say that the owner is a controller.
  for (const json::Value owner : object_->metadata()["ownerReferences"].elements()) {
    if (owner["apiVersion"].text().starts_with("stork.libopenstorage.org/")) return true;
  }
  return false;
}

std::string_view StorkObject::claim_name() const {
  return made_spec(*object_)["persistentVolumeClaimName"].text();
}

PairToken cluster_pair_token(const Object& cluster_pair) {
  constexpr std::size_t kHexLength = 128;
  const std::string_view token = cluster_pair.root().at("spec.options.token").text();
  if (token.empty()) return PairToken::Absent;
  if (token.size() == kHexLength && is_hex(token)) return PairToken::Hex128;
  // Every JWT begins so: {" in base64url.
  if (token.starts_with("eyJ") && split(token, '.').size() == 3) return PairToken::Jwt;
  return PairToken::Other;
}

std::optional<TokenFacts> cluster_pair_claims(const Object& cluster_pair) {
  const SecretValue text(cluster_pair.root().at("spec.options.token").text());
  const auto token = jwt::Token::read(text);
  return token ? std::optional(TokenFacts::of(*token)) : std::nullopt;
}

}  // namespace pxguard::model
