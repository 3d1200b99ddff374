// A view that notes what was asked for and is known not to be there.
//
// Lifetime: the view behind it outlives it. Threads: one.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "rules/model/cluster_view.h"

namespace pxguard::cli {

class ListeningView final : public model::ClusterView {
 public:
  explicit ListeningView(const model::ClusterView& base) : base_(base) {}

  // Kind, namespace, name.
  using Absent = std::tuple<std::string, std::string, std::string>;
  [[nodiscard]] const std::set<Absent>& absent() const { return absent_; }

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
  [[nodiscard]] std::vector<const model::PortworxConfig*> other_clusters(
      const model::Object& portworx) const override;
  [[nodiscard]] Objects referrers(const model::Object& secret) const override;
  [[nodiscard]] bool has_producer(std::string_view ns, std::string_view name) const override;
  [[nodiscard]] model::Signature signature(const model::Object& token_secret,
                                           const model::KeyPlace& place) const override;
  [[nodiscard]] const model::SecretFacts* facts_of(const model::Object& secret) const override;
  [[nodiscard]] bool compares_sent_bytes() const override;

 private:
  template <class T>
  model::Lookup<T> noted(model::Lookup<T> lookup, std::string_view kind, std::string_view ns,
                         std::string_view name) const;

  const model::ClusterView& base_;
  mutable std::set<Absent> absent_;
};

}  // namespace pxguard::cli
