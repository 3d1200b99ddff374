// Runs rules on one object: makes the views that it has and hands each check the one that it asks
// for. Whoever calls decides what the findings mean.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/rule.h"

namespace pxguard::rules {

// Everything that an object can be seen as.
//
// Lifetime: valid while the object and the cluster view are alive and stay where they are; must
// itself stay where it is.
class Views {
 public:
  Views(const model::Object& object, const model::ClusterView& view);
  Views(const Views&) = delete;
  Views& operator=(const Views&) = delete;

  const model::Object& object;
  std::optional<model::Workload> workload;
  std::optional<model::StorageCluster> storage_cluster;
  std::vector<model::PortworxConfig> portworx;  // a pod may hold several; the first has followers
  std::vector<model::StorkConfig> storks;       // Stork and Autopilot
  std::optional<model::SecretFacts> secret;
  std::optional<model::StorageClass> storage_class;
  std::optional<model::SnapshotClass> snapshot_class;
  std::optional<model::StorkObject> stork_object;

  // Portworx, Stork or Autopilot: what this webhook is about.
  [[nodiscard]] bool is_portworx_related() const {
    return !portworx.empty() || storage_cluster || !storks.empty();
  }
};

struct RuleFinding {
  const Rule* rule;
  Finding finding;
};

struct RuleUnverified {
  const Rule* rule;
  std::string needs;
};

struct Applied {
  std::vector<RuleFinding> findings;
  std::vector<RuleUnverified> unverified;  // each once
};

// The view, and what the object under review is itself: a StorageCluster is its own Portworx. At
// admission the object also stands for the version of it that the view has: what others are asked
// about is the cluster as it will be. In files two objects of one name are two clusters.
//
// Lifetime: as Views.
class Overlay final : public model::ClusterView {
 public:
  Overlay(const model::ClusterView& base, const Views& views, Moment moment)
      : base_(base), views_(views), replaces_(moment == Moment::Admission) {}

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
  [[nodiscard]] Objects pods(const model::Object& workload) const override {
    return base_.pods(workload);
  }
  [[nodiscard]] std::vector<const model::PortworxConfig*> other_clusters(
      const model::Object& portworx) const override;
  [[nodiscard]] Objects referrers(const model::Object& secret) const override;
  [[nodiscard]] bool has_producer(std::string_view ns, std::string_view name) const override {
    return base_.has_producer(ns, name);
  }
  [[nodiscard]] const model::SecretFacts* facts_of(const model::Object& secret) const override {
    return base_.facts_of(secret);
  }
  [[nodiscard]] bool compares_sent_bytes() const override { return base_.compares_sent_bytes(); }
  [[nodiscard]] model::Signature signature(const model::Object& token_secret,
                                           const model::KeyPlace& place) const override;

 private:
  // Another version of the object under review.
  [[nodiscard]] bool is_replaced(const model::Object& other) const;
  [[nodiscard]] bool is_reviewed(std::string_view kind, std::string_view ns,
                                 std::string_view name) const;
  [[nodiscard]] Objects replaced(Objects objects) const;
  void replace_storks(Storks& storks) const;

  const model::ClusterView& base_;
  const Views& views_;
  const bool replaces_;
};

// `situation.object` is that of `views`; `old`: the object before a change, or null.
Applied apply(std::span<const Rule* const> rules, const Views& views, const Views* old,
              const Situation& situation);

}  // namespace pxguard::rules
