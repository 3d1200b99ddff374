// Which Portworx, Storks and Autopilots there are in the tables of a snapshot, and who works with
// whom (rules/model/partners.h).
//
// Lifetime: refers to the objects of the contents. Threads: immutable once made.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cluster/contents.h"
#include "rules/model/cluster_view.h"
#include "rules/model/partners.h"

namespace pxguard::cluster {

class Pairing {
 public:
  // `view`: what the settings of Portworx and Stork are read with; it asks for Secrets and
  // ConfigMaps alone.
  Pairing(const Contents& contents, const model::ClusterView& view);
  Pairing() = default;

  [[nodiscard]] const model::PortworxConfig* portworx_of(const model::Object& object) const;
  [[nodiscard]] const model::StorkConfig* stork_of(const model::Object& object) const;
  // Installers before Pods, which count where there is nothing else.
  [[nodiscard]] model::Partner choose(const model::Follower& follower) const;
  [[nodiscard]] bool has_portworx() const { return !installers_.empty() || !loose_.empty(); }
  [[nodiscard]] bool is_only_one() const { return installers_.size() == 1; }
  [[nodiscard]] std::size_t pxd_storks() const { return pxd_storks_; }
  // Another version of an object of the view is known by its identity.
  [[nodiscard]] const model::PortworxConfig* same_portworx(const model::Object& portworx) const;

  [[nodiscard]] const std::vector<const model::StorkConfig*>& storks() const { return pxd_; }
  [[nodiscard]] const std::vector<const model::StorkConfig*>& storks_of(
      const model::PortworxConfig& portworx) const;
  // Its Portworx, or whether it has one, is unknown.
  [[nodiscard]] bool has_stray_stork() const { return has_stray_stork_; }
  [[nodiscard]] std::vector<const model::Object*> other_daemon_sets(
      const model::PortworxConfig& portworx) const;
  [[nodiscard]] std::set<std::string> namespaces() const;

 private:
  using Configs = std::vector<const model::PortworxConfig*>;

  void add(const Kept& kept, const model::ClusterView& view);
  void add_storks(std::vector<model::StorkConfig> made, const model::Object& object);
  void pair();

  std::deque<model::PortworxConfig> portworx_;
  std::deque<model::StorkConfig> storks_;
  Configs installers_;
  Configs loose_;  // Pods of nobody
  std::map<const model::Object*, const model::PortworxConfig*> by_object_;
  std::map<const model::Object*, const model::StorkConfig*> stork_by_object_;
  std::vector<const model::StorkConfig*> pxd_;
  std::map<const model::PortworxConfig*, std::vector<const model::StorkConfig*>> storks_of_;
  std::vector<model::DaemonSetPair> daemon_sets_;
  std::size_t pxd_storks_ = 0;
  bool has_stray_stork_ = false;
};

}  // namespace pxguard::cluster
