// The cluster at one moment, as far as pxguard may know it: the objects that are kept, the facts
// of the Secrets that the policy lists, and of each kind whether it was read, or why not. Absence
// is known of kinds that were read; whatever was not read is unknown, in words that say what would
// settle it.
//
// Asked directly it tells what was so when it was read, however long ago: an audit does that.
// A review asks by way of ReviewView (cluster/review_view.h), for which what is too old is unknown.
//
// Lifetime: what is found is valid while the snapshot is. Threads: immutable; any number may read.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/kept.h"
#include "cluster/reading_list.h"
#include "cluster/resource.h"
#include "rules/model/cluster_view.h"

namespace pxguard::cluster {

using Time = std::chrono::system_clock::time_point;

enum class State : std::uint8_t {
  NotYet,
  Read,       // of a single Secret: it is there
  Absent,     // of a single Secret: it was asked for, and is not there
  Forbidden,  // 401, 403
  NotServed,  // there is no such kind: no objects of it, which is known
  Failed,     // by anything else; `why` says it
};

// "not read yet", "read", ...: a word for people.
[[nodiscard]] std::string_view to_string(State state);

struct KindStatus {
  Resource resource{};
  Reading reading = Reading::Listed;
  State state = State::NotYet;
  std::string why{};               // printable; "" of what was read
  std::optional<Time> as_of{};     // when what is held was last known to be so
  std::size_t seen = 0;            // objects of the last list, kept or not
  std::size_t not_understood = 0;  // of them: could not be decoded, and are left out
};

struct SecretStatus {
  std::string ns{};
  std::string name{};
  State state = State::NotYet;
  std::string why{};
  std::optional<Time> as_of{};
};

// All that is held, in parts that snapshots share (cluster/contents.h).
struct Contents;
class Pairing;

class Snapshot final : public model::ClusterView {
 public:
  explicit Snapshot(Contents contents);
  Snapshot();  // nothing was read yet
  ~Snapshot() override;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // By kind in the order of the reading list, then by namespace and name; none of a kind that may
  // not be read any more. Secrets are among them, without data; what is known of their bytes tells
  // facts_of().
  [[nodiscard]] std::vector<const model::Object*> objects() const;
  [[nodiscard]] std::vector<KindStatus> kinds() const;
  // Those of the policy's list, in every namespace that has a Portworx.
  [[nodiscard]] std::vector<SecretStatus> secrets() const;
  // How many more that list has than are read (limits::kSecretsInView).
  [[nodiscard]] std::size_t secrets_left_out() const;
  // Where a Portworx is installed, sorted.
  [[nodiscard]] std::vector<std::string> portworx_namespaces() const;
  // A part of the cluster could not be read: kinds and Secrets that are forbidden or failed.
  [[nodiscard]] bool is_partial() const;
  // Equal while nothing that is kept has changed.
  [[nodiscard]] std::uint64_t revision() const;
  [[nodiscard]] const Contents& contents() const;
  [[nodiscard]] const Pairing& pairing() const;

  [[nodiscard]] model::Lookup<model::SecretFacts> secret(const model::Object& from,
                                                         std::string_view ns,
                                                         std::string_view name) const override;
  [[nodiscard]] model::Lookup<model::SecretFacts> config_map(const model::Object& from,
                                                             std::string_view ns,
                                                             std::string_view name) const override;
  [[nodiscard]] model::Lookup<model::PortworxConfig> portworx(
      const model::Object& from) const override;
  [[nodiscard]] Storks storks(const model::Object& portworx) const override;
  [[nodiscard]] model::Lookup<model::Object> object(const model::Object& from,
                                                    std::string_view kind, std::string_view ns,
                                                    std::string_view name) const override;
  [[nodiscard]] Objects dependents(const model::Object& portworx) const override;
  [[nodiscard]] Objects pods(const model::Object& workload) const override;
  [[nodiscard]] Objects referrers(const model::Object& secret) const override;
  [[nodiscard]] bool has_producer(std::string_view ns, std::string_view name) const override;
  [[nodiscard]] model::Signature signature(const model::Object& token_secret,
                                           const model::KeyPlace& place) const override;
  [[nodiscard]] const model::SecretFacts* facts_of(const model::Object& secret) const override;

 private:
  struct Made;
  std::unique_ptr<const Made> made_;
};

}  // namespace pxguard::cluster
