// What else exists, as far as whoever asks may know: the files given to `check`, the objects of a
// live cluster, or nothing but the object under review.
//
// Lifetime: what is found is valid while the view is. Threads: any number may read.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/model/lookup.h"
#include "rules/model/object.h"
#include "rules/model/secret.h"
#include "rules/model/signature.h"

namespace pxguard::model {

class PortworxConfig;
class StorkConfig;

class ClusterView {
 public:
  virtual ~ClusterView() = default;

  // `from`: the object that refers; in files the nearest candidate is meant.
  [[nodiscard]] virtual Lookup<SecretFacts> secret(const Object& from, std::string_view ns,
                                                   std::string_view name) const = 0;
  [[nodiscard]] virtual Lookup<SecretFacts> config_map(const Object& from, std::string_view ns,
                                                       std::string_view name) const = 0;
  // The Portworx that `from` works with: a DaemonSet or StorageCluster.
  [[nodiscard]] virtual Lookup<PortworxConfig> portworx(const Object& from) const = 0;

  struct Storks {
    std::vector<const StorkConfig*> configs;  // with --driver=pxd, Autopilots left out
    bool complete = false;                    // there are no others
  };
  // Those that work with this Portworx.
  [[nodiscard]] virtual Storks storks(const Object& portworx) const = 0;

  // Any other object by its name: a StorageClass (`ns` is ""), a PersistentVolumeClaim, a
  // DaemonSet, what makes Secrets (model/producers.h), and of a Secret who made it.
  [[nodiscard]] virtual Lookup<Object> object(const Object& from, std::string_view kind,
                                              std::string_view ns, std::string_view name) const = 0;

  struct Objects {
    std::vector<const Object*> objects;
    bool complete = false;  // there are no others
  };
  // Of the cluster of this Portworx: what can depend on it (model/kinds.h), itself left out, and
  // what makes Secrets (model/producers.h).
  [[nodiscard]] virtual Objects dependents(const Object& portworx) const = 0;
  // The pods that run what this workload or StorageCluster says, or said when they started. Only a
  // live cluster has them.
  [[nodiscard]] virtual Objects pods(const Object& workload) const;
  // The Portworx of other clusters. Only files can hold more than one.
  [[nodiscard]] virtual std::vector<const PortworxConfig*> other_clusters(
      const Object& portworx) const;
  // Classes, claims, volumes and Stork's objects that take their token from this Secret.
  [[nodiscard]] virtual Objects referrers(const Object& secret) const = 0;

  // Something in view makes such a Secret: an ExternalSecret, a SealedSecret, the source of a
  // replicator (model/producers.h).
  [[nodiscard]] virtual bool has_producer(std::string_view ns, std::string_view name) const;

  // How long ago the oldest of what was asked for was known to be so. None where nothing was asked
  // for, and where nothing ages.
  [[nodiscard]] virtual std::optional<std::chrono::seconds> age_used() const { return {}; }

  // Of a Secret that the view holds itself, what is known of its bytes: its object has none. Null
  // of any other.
  [[nodiscard]] virtual const SecretFacts* facts_of(const Object& secret) const;
  // Bytes that somebody sends may be compared with those that the view knows: otherwise every
  // answer would be one to a guess at a key.
  [[nodiscard]] virtual bool compares_sent_bytes() const { return false; }

  // Whether the token in this Secret is signed with that key. A view answers only for a token that
  // it holds itself: of one that a stranger sends, every answer would be a guess at the key.
  [[nodiscard]] virtual Signature signature(const Object& token_secret,
                                            const KeyPlace& place) const;
};

// Of a Secret that the view holds itself what it knows of its bytes, else what is in the object.
[[nodiscard]] SecretFacts known_or_read(const Object& secret, const ClusterView& view);

// Knows nothing: what there is to say then comes from the object under review alone.
class EmptyView final : public ClusterView {
 public:
  [[nodiscard]] Lookup<SecretFacts> secret(const Object& from, std::string_view ns,
                                           std::string_view name) const override;
  [[nodiscard]] Lookup<SecretFacts> config_map(const Object& from, std::string_view ns,
                                               std::string_view name) const override;
  [[nodiscard]] Lookup<PortworxConfig> portworx(const Object& from) const override;
  [[nodiscard]] Storks storks(const Object& portworx) const override;
  [[nodiscard]] Lookup<Object> object(const Object& from, std::string_view kind,
                                      std::string_view ns, std::string_view name) const override;
  [[nodiscard]] Objects dependents(const Object& portworx) const override;
  [[nodiscard]] Objects referrers(const Object& secret) const override;
};

}  // namespace pxguard::model
