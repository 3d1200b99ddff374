// Which Portworx an object works with, and which Storks work with a Portworx.
#include <map>

#include <fmt/format.h>

#include "base/limits.h"
#include "cli/manifest/manifest_set.h"
#include "rules/model/kinds.h"
#include "rules/model/partners.h"

namespace pxguard::manifest {
namespace {

constexpr std::string_view kAmbiguous =
    "the Portworx of this cluster (ambiguous: several in these files; check one cluster's folder "
    "at a time)";
constexpr std::string_view kElsewhere =
    "the Portworx of this cluster (the one in these files is in another namespace)";
constexpr std::string_view kNotGiven = "the Portworx DaemonSet or StorageCluster of this cluster";

}  // namespace

void ManifestSet::find_portworx() {
  for (const model::Object* one : all_) {
    const model::Object& object = *one;
    if (const auto cluster = model::StorageCluster::of(object)) {
      if (auto config = model::PortworxConfig::of(*cluster, *this))
        add_portworx(std::move(*config));
    } else if (const auto workload = model::Workload::of(object)) {
      if (auto config = model::PortworxConfig::of(*workload, *this))
        add_portworx(std::move(*config));
    }
  }
}

namespace {

std::string name_of(bool is_first, std::string_view ns) {
  return fmt::format("{}\n{}", is_first ? '1' : '2', ns);
}

}  // namespace

void ManifestSet::add_portworx(model::PortworxConfig made) {
  const model::PortworxConfig& config = portworx_.emplace_back(std::move(made));
  if (config.is_helper()) return;
  const model::Object& object = config.object();
  portworx_of_.emplace(key_of(object), &config);
  const Place place = places_.of_file(object.file());
  for (const std::string_view ns : {std::string_view(object.id().ns), model::kAnyNamespace}) {
    nearest_portworx_.add(places_, place, name_of(model::is_installer(object), ns), &config);
  }
}

model::Follower ManifestSet::follower(const model::Object& from) const {
  const auto stork = stork_of_.find(key_of(from));
  return model::Follower::of(from, stork == stork_of_.end() ? nullptr : stork->second, pxd_storks_);
}

// Of the candidates at one place.
model::Partner ManifestSet::choose(const model::Follower& follower, bool is_near, Place place,
                                   Rank rank) const {
  return model::choose_partner(follower, is_near, [&](std::string_view ns) {
    const auto found = nearest_portworx_.at(place, name_of(rank == Rank::First, ns));
    return model::PartnerCandidates{found.count, found.last};
  });
}

model::Lookup<model::PortworxConfig> ManifestSet::portworx(const model::Object& from) const {
  using Answer = model::Lookup<model::PortworxConfig>;
  if (const auto own = portworx_of_.find(key_of(from)); own != portworx_of_.end()) {
    return Answer::found(own->second);
  }
  const model::Follower who = follower(from);
  const Place file = places_.of_file(from.file());
  // Pods of one DaemonSet are many, and count only where nothing better is anywhere.
  for (const Rank rank : {Rank::First, Rank::Second}) {
    for (Place place = file;; place = places_.above(place)) {
      const bool is_near = place == file || place == places_.above(file);
      const model::Partner choice = choose(who, is_near, place, rank);
      if (choice.found != nullptr) return Answer::found(choice.found);
      const bool is_settled = choice.is_ambiguous && (rank == Rank::First || place == kCluster);
      if (is_settled) return Answer::unknown(std::string(kAmbiguous));
      if (place == kCluster) break;
    }
  }
  if (nearest_portworx_.at(kCluster, name_of(true, model::kAnyNamespace)).count > 0)
    return Answer::unknown(std::string(kElsewhere));
  return absence_ == Absence::Known ? Answer::absent() : Answer::unknown(std::string(kNotGiven));
}

void ManifestSet::find_storks() {
  for (const model::Object* one : all_) {
    const model::Object& object = *one;
    const std::size_t before = storks_.size();
    if (const auto cluster = model::StorageCluster::of(object)) {
      for (auto& config : model::StorkConfig::of(*cluster, *this))
        storks_.push_back(std::move(config));
    } else if (const auto workload = model::Workload::of(object)) {
      for (auto& config : model::StorkConfig::of(*workload, *this))
        storks_.push_back(std::move(config));
    }
    if (storks_.size() > before) stork_of_.emplace(key_of(object), &storks_[before]);
  }
  for (const model::StorkConfig& config : storks_) {
    if (is_pxd_stork(config)) ++pxd_storks_;
  }
}

void ManifestSet::pair_storks() {
  for (const model::StorkConfig& config : storks_) {
    if (!config.is_stork()) continue;
    const auto partner = portworx(config.object());
    if (config.is_driver_unknown() || partner.is_unknown()) has_stray_stork_ = true;
    if (config.is_driver_unknown() || partner.get() == nullptr) continue;
    storks_of_[key_of(partner.get()->object())].configs.push_back(&config);
  }
}

// Another version of an object of these files, as in a review, is known by its identity.
ManifestSet::Key ManifestSet::key_in_files(const model::Object& portworx) const {
  if (portworx_of_.contains(key_of(portworx))) return key_of(portworx);
  for (const model::PortworxConfig& config : portworx_) {
    if (config.object().id() == portworx.id()) return key_of(config.object());
  }
  return key_of(portworx);
}

model::ClusterView::Storks ManifestSet::storks(const model::Object& portworx) const {
  const auto found = storks_of_.find(key_in_files(portworx));
  Storks storks = found == storks_of_.end() ? Storks{} : found->second;
  storks.complete = absence_ == Absence::Known && !has_stray_stork_;
  return storks;
}

std::vector<const model::PortworxConfig*> ManifestSet::other_clusters(
    const model::Object& portworx) const {
  const Key self = key_in_files(portworx);
  std::vector<const model::PortworxConfig*> others;
  for (const model::PortworxConfig& other : portworx_) {
    if (model::is_installer(other.object()) && !other.is_helper() && key_of(other.object()) != self)
      others.push_back(&other);
    if (others.size() >= limits::kClustersOfARepository) break;
  }
  return others;
}

// Two DaemonSets of one cluster. Without --complete only within one file: files beside each other
// may be alternatives.
void ManifestSet::pair_daemon_sets() {
  std::map<Place, std::vector<const model::PortworxConfig*>> near;
  for (const model::PortworxConfig& config : portworx_) {
    const Place place =
        absence_ == Absence::Known ? kCluster : places_.of_file(config.object().file());
    near[place].push_back(&config);
  }
  for (const auto& [place, configs] : near) {
    for (const auto& [here, there] : model::daemon_set_pairs(configs))
      dependents_of_[key_of(here->object())].objects.push_back(&there->object());
  }
}

void ManifestSet::pair_dependents() {
  pair_daemon_sets();
  for (const model::Object* one : all_) {
    const model::Object& object = *one;
    if (!model::can_depend_on_portworx(object.id())) continue;
    const auto partner = portworx(object);
    has_stray_dependent_ = has_stray_dependent_ || partner.is_unknown();
    if (partner.get() == nullptr || &partner.get()->object() == &object) continue;
    dependents_of_[key_of(partner.get()->object())].objects.push_back(&object);
  }
}

model::ClusterView::Objects ManifestSet::dependents(const model::Object& portworx) const {
  const auto found = dependents_of_.find(key_in_files(portworx));
  Objects objects = found == dependents_of_.end() ? Objects{} : found->second;
  objects.complete = absence_ == Absence::Known && !has_stray_dependent_;
  return objects;
}

}  // namespace pxguard::manifest
