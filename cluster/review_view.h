// A snapshot as one review sees it: what was last known to be so too long ago is unknown, and it is
// noted on what age the answers rested. Without a moment every age will do: an audit asks so.
//
// Lifetime: keeps the snapshot. Threads: one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cluster/contents.h"
#include "cluster/pairing.h"
#include "cluster/snapshot.h"
#include "rules/model/cluster_view.h"

namespace pxguard::cluster {

class ReviewView final : public model::ClusterView {
 public:
  struct Options {
    Time now{};  // by view_time()
    // The client has shown a certificate.
    bool compares_sent_bytes = false;
  };
  ReviewView(std::shared_ptr<const Snapshot> snapshot, Options options);
  // REQUIRES: both outlive this
  ReviewView(const Contents& contents, const Pairing& pairing)
      : contents_(contents), pairing_(pairing) {}

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
  [[nodiscard]] std::optional<std::chrono::seconds> age_used() const override;
  [[nodiscard]] model::Signature signature(const model::Object& token_secret,
                                           const model::KeyPlace& place) const override;
  [[nodiscard]] const model::SecretFacts* facts_of(const model::Object& secret) const override;
  [[nodiscard]] bool compares_sent_bytes() const override { return compares_sent_bytes_; }

 private:
  // Why the table cannot be relied on; "" where it can, which is noted.
  [[nodiscard]] std::string why_not(const Table& table) const;
  [[nodiscard]] std::string why_not(const SecretEntry& entry) const;
  [[nodiscard]] std::string why_stale(const Freshness& freshness, std::chrono::seconds limit,
                                      const std::string& why) const;
  [[nodiscard]] bool is_usable(const Table& table) const { return why_not(table).empty(); }
  [[nodiscard]] const Table* table_of(std::string_view kind) const;
  // Of the kinds that install Portworx the first that cannot be relied on.
  [[nodiscard]] std::string why_no_portworx() const;
  [[nodiscard]] model::Partner partner_of(const model::Object& from) const;
  [[nodiscard]] Objects dependents_of(const model::PortworxConfig* own) const;
  [[nodiscard]] bool is_certain_partner(const Kept& kept) const;
  // The same object, in its version that the view has.
  [[nodiscard]] const SecretEntry* entry_of(const model::Object& secret) const;

  std::shared_ptr<const Snapshot> snapshot_{};
  const Contents& contents_;
  const Pairing& pairing_;
  std::optional<Time> now_{};
  bool compares_sent_bytes_ = false;
  mutable std::optional<Time> oldest_{};
  mutable std::optional<std::pair<const model::PortworxConfig*, Objects>> dependents_{};
};

}  // namespace pxguard::cluster
