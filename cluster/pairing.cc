#include "cluster/pairing.h"

#include <utility>

#include "rules/model/storage_cluster.h"
#include "rules/model/workload.h"

namespace pxguard::cluster {

using model::Follower;
using model::PortworxConfig;
using model::StorkConfig;

Pairing::Pairing(const Contents& contents, const model::ClusterView& view) {
  for (const auto& table : contents.tables) {
    for (const KeptPointer& kept : table->kept) {
      // The Pods of a DaemonSet are a thousand, and say what it says.
      const bool is_made = !kept->controller.empty();
      if ((kept->runs_portworx || kept->runs_stork) && !is_made) add(*kept, view);
    }
  }
  daemon_sets_ = model::daemon_set_pairs(installers_);
  pair();
}

void Pairing::add(const Kept& kept, const model::ClusterView& view) {
  const model::Object& object = kept.object;
  std::optional<PortworxConfig> config;
  if (const auto cluster = model::StorageCluster::of(object)) {
    config = PortworxConfig::of(*cluster, view);
    add_storks(StorkConfig::of(*cluster, view), object);
  } else if (const auto workload = model::Workload::of(object)) {
    config = PortworxConfig::of(*workload, view);
    add_storks(StorkConfig::of(*workload, view), object);
  }
  if (!config || config->is_helper()) return;
  const PortworxConfig& made = portworx_.emplace_back(std::move(*config));
  by_object_.emplace(&object, &made);
  (model::is_installer(object) ? installers_ : loose_).push_back(&made);
}

void Pairing::add_storks(std::vector<StorkConfig> made, const model::Object& object) {
  for (StorkConfig& one : made) {
    const StorkConfig& stork = storks_.emplace_back(std::move(one));
    stork_by_object_.emplace(&object, &stork);
    if (model::is_pxd_stork(stork)) pxd_.push_back(&stork);
  }
}

void Pairing::pair() {
  pxd_storks_ = pxd_.size();
  for (const StorkConfig& stork : storks_) {
    if (!stork.is_stork()) continue;
    const PortworxConfig* partner = portworx_of(stork.object());
    if (partner == nullptr) {
      const model::Partner choice = choose(Follower::of(stork.object(), &stork, pxd_storks_));
      partner = choice.found;
      if (partner == nullptr && has_portworx()) has_stray_stork_ = true;
    }
    if (stork.is_driver_unknown()) has_stray_stork_ = true;
    if (!stork.is_driver_unknown() && partner != nullptr) storks_of_[partner].push_back(&stork);
  }
}

const PortworxConfig* Pairing::portworx_of(const model::Object& object) const {
  const auto found = by_object_.find(&object);
  return found == by_object_.end() ? nullptr : found->second;
}

const StorkConfig* Pairing::stork_of(const model::Object& object) const {
  const auto found = stork_by_object_.find(&object);
  return found == stork_by_object_.end() ? nullptr : found->second;
}

model::Partner Pairing::choose(const Follower& follower) const {
  for (const Configs* configs : {&installers_, &loose_}) {
    const model::Partner choice =
        model::choose_partner(follower, false, [configs](std::string_view ns) {
          model::PartnerCandidates candidates;
          for (const PortworxConfig* config : *configs) {
            if (ns != model::kAnyNamespace && config->object().id().ns != ns) continue;
            ++candidates.count;
            candidates.last = config;
          }
          return candidates;
        });
    if (choice.found != nullptr || choice.is_ambiguous) return choice;
  }
  return {};
}

const PortworxConfig* Pairing::same_portworx(const model::Object& portworx) const {
  if (const PortworxConfig* own = portworx_of(portworx)) return own;
  const model::ObjectId& id = portworx.id();
  for (const PortworxConfig& config : portworx_) {
    const model::ObjectId& other = config.object().id();
    if (other.kind == id.kind && other.ns == id.ns && other.name == id.name &&
        other.group() == id.group())
      return &config;
  }
  return nullptr;
}

const std::vector<const StorkConfig*>& Pairing::storks_of(const PortworxConfig& portworx) const {
  static const std::vector<const StorkConfig*> kNone;
  const auto found = storks_of_.find(&portworx);
  return found == storks_of_.end() ? kNone : found->second;
}

std::vector<const model::Object*> Pairing::other_daemon_sets(const PortworxConfig& portworx) const {
  std::vector<const model::Object*> others;
  for (const auto& [here, there] : daemon_sets_) {
    if (here == &portworx) others.push_back(&there->object());
  }
  return others;
}

std::set<std::string> Pairing::namespaces() const {
  std::set<std::string> names;
  for (const PortworxConfig& config : portworx_) names.insert(config.object().id().ns);
  return names;
}

}  // namespace pxguard::cluster
