// What a snapshot is made of, in parts that the next one shares where they did not change.
//
// Threads: immutable but for the times, which any number may read while one writes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cluster/kept.h"
#include "cluster/snapshot.h"
#include "rules/model/signature.h"

namespace pxguard::cluster {

// When what is held was last known to be so. It moves on while snapshots stay.
class Freshness {
 public:
  void set(Time time) { since_1970_ = time.time_since_epoch().count(); }
  [[nodiscard]] std::optional<Time> get() const {
    const Time::duration::rep count = since_1970_;
    return count == 0 ? std::nullopt : std::optional(Time(Time::duration(count)));
  }

 private:
  std::atomic<Time::duration::rep> since_1970_ = 0;
};

// All that is kept of one kind.
struct Table {
  // `kept`: sorted by namespace and name.
  Table(KindStatus status, std::shared_ptr<const Freshness> freshness,
        std::vector<KeptPointer> kept, std::set<std::string, std::less<>> namespaces = {});

  [[nodiscard]] const Kept* find(std::string_view ns, std::string_view name) const;
  using Index = std::unordered_map<std::string, std::vector<const Kept*>>;

  const KindStatus status;  // without its time
  const std::shared_ptr<const Freshness> freshness;
  const std::vector<KeptPointer> kept;
  // Of what lies beside Portworx: where it was read.
  const std::set<std::string, std::less<>> namespaces;
  Index referrers;   // by the name of the Secret that they take a token from
  Index producers;   // by the name of the Secret that they make
  Index controlled;  // Pods by who made them
};

struct SecretEntry {
  SecretStatus status{};  // without its time
  std::shared_ptr<const Freshness> freshness{};
  KeptPointer kept{};  // null unless it is there
  // Of its token, by signature_key(): found out while the bytes were at hand.
  std::map<std::string, model::Signature, std::less<>> signatures{};
};

[[nodiscard]] std::string signature_key(const model::KeyPlace& place);

using SecretName = std::pair<std::string, std::string>;  // namespace, name

struct Contents {
  std::vector<std::shared_ptr<const Table>> tables{};  // in the order of the reading list
  std::map<SecretName, std::shared_ptr<const SecretEntry>> secrets{};
  std::set<std::string, std::less<>> secret_names{};  // of the policy's list
  std::size_t secrets_left_out = 0;                   // of it: more than are read
  // Nothing is known of any kind: why.
  std::string why_nothing = "the cluster was not read yet";
  // What is older than this is unknown at a review.
  std::chrono::seconds watched_for{std::chrono::minutes(2)};
  std::chrono::seconds listed_for{std::chrono::minutes(12)};
  std::uint64_t revision = 0;
};

// What was not tried yet, of the kinds and of these Secrets; "" where all was read, or is known not
// to be readable.
[[nodiscard]] std::string what_is_missing(const Contents& contents,
                                          const std::set<SecretName>& secrets);

}  // namespace pxguard::cluster
