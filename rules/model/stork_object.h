// An object of Stork that makes Portworx do something, and where its token comes from.
// Sources: stork drivers/volume/portworx/portworx.go and pkg/migration/controllers/migration.go;
// openstorage cluster/manager/pair.go, generatePairToken.
//
// Lifetime: valid while the Object that it was made from is alive and stays where it is.
// Threads: any number may read.
#pragma once

#include <optional>
#include <string_view>

#include "rules/model/object.h"
#include "rules/model/token.h"
#include "rules/model/token_reference.h"

namespace pxguard::model {

// Whose token Portworx sees.
enum class TokenSource {
  Annotations,   // of the object alone, as they stand; without them Stork sends none
  VolumesFirst,  // of volume or class, of the claim, of the object; ${pvc.namespace} is replaced
  StorkItself,   // system.admin whenever Stork has its key
  Nobody,        // no call of Portworx
};

// By form only.
enum class PairToken { Absent, Hex128, Jwt, Other };

class StorkObject {
 public:
  // None of kinds that this program does not know.
  static std::optional<StorkObject> of(const Object& object);
  static std::optional<StorkObject> of(Object&&) = delete;

  [[nodiscard]] const Object& object() const { return *object_; }
  [[nodiscard]] bool is(std::string_view kind) const { return object_->kind() == kind; }
  [[nodiscard]] TokenSource token_source() const { return source_; }
  // Local and cloud snapshots of the kinds before CSI.
  [[nodiscard]] bool is_snapshot() const { return is_snapshot_; }
  // The openstorage.io annotations; none where neither is written.
  [[nodiscard]] const std::optional<TokenReference>& token() const { return token_; }

  // False of a Migration or its schedule that moves resources alone: Portworx is not asked.
  [[nodiscard]] bool includes_volumes() const;
  [[nodiscard]] bool is_suspended() const;
  // Put into the other cluster by a migration, to be there and not to run.
  [[nodiscard]] bool is_static_copy() const;
  // Made by a schedule or a group, whose annotations it inherits.
  [[nodiscard]] bool is_child() const;
  // The claim that a snapshot is of; "" where it names none.
  [[nodiscard]] std::string_view claim_name() const;

 private:
  StorkObject(const Object& object, TokenSource source, bool is_snapshot);

  const Object* object_;
  TokenSource source_;
  bool is_snapshot_;
  std::optional<TokenReference> token_;
};

// spec.options.token of a ClusterPair: 128 hex characters where the peer was not secured when it
// was made, else a JWT.
[[nodiscard]] PairToken cluster_pair_token(const Object& cluster_pair);
// What a JWT there says; none of other tokens.
[[nodiscard]] std::optional<TokenFacts> cluster_pair_claims(const Object& cluster_pair);

}  // namespace pxguard::model
