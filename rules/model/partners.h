// Which Portworx an object works with. One rule for files and for a live cluster: by namespace
// first, since that settles it where there are several; a Stork or Autopilot says itself where it
// looks (PX_NAMESPACE); everything else may live in any namespace.
//
// Threads: safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/model/object.h"
#include "rules/model/portworx.h"
#include "rules/model/stork.h"

namespace pxguard::model {

// What installs Portworx. Its Pods count only where nothing better is anywhere.
[[nodiscard]] bool is_installer(const Object& object);
// Stork itself, and certain to work with Portworx.
[[nodiscard]] bool is_pxd_stork(const StorkConfig& stork);

// Who asks for its Portworx.
struct Follower {
  std::string ns{};
  bool is_bound = false;  // a Stork or Autopilot
  std::optional<std::string> portworx_namespace{};
  bool is_only_stork = false;  // the only one with --driver=pxd

  // `stork`: what `object` is configured with as Stork or Autopilot, or null.
  static Follower of(const Object& object, const StorkConfig* stork, std::size_t pxd_storks);
};

struct PartnerCandidates {
  std::size_t count = 0;
  const PortworxConfig* last = nullptr;
};

struct Partner {
  const PortworxConfig* found = nullptr;
  bool is_ambiguous = false;
};

// `in`: the candidates in a namespace; kAnyNamespace: all of them. `is_near`: they belong
// together by where they are, whatever their namespaces.
inline constexpr std::string_view kAnyNamespace = "*";
template <class CandidatesIn>
Partner choose_partner(const Follower& follower, bool is_near, const CandidatesIn& in) {
  const PartnerCandidates all = in(kAnyNamespace);
  if (all.count == 0) return {};
  const PartnerCandidates beside = in(std::string_view(follower.ns));
  if (beside.count > 0) return {beside.count == 1 ? beside.last : nullptr, beside.count > 1};
  if (follower.is_bound && follower.portworx_namespace) {
    const PartnerCandidates named = in(std::string_view(*follower.portworx_namespace));
    if (named.count > 0) return {named.count == 1 ? named.last : nullptr, named.count > 1};
  }
  if (all.count > 1) return {nullptr, true};
  const bool is_unset = follower.ns.empty() || all.last->object().id().ns.empty();
  const bool is_partner = !follower.is_bound || is_unset || is_near || follower.is_only_stork;
  return {is_partner ? all.last : nullptr, false};
}

// Two DaemonSets of one cluster depend on each other: the same namespace and cluster id. Pairs of
// members, both ways; of one cluster at most limits::kDaemonSetsOfCluster partners each.
using DaemonSetPair = std::pair<const PortworxConfig*, const PortworxConfig*>;
std::vector<DaemonSetPair> daemon_set_pairs(std::span<const PortworxConfig* const> configs);

// The object takes a token from this Secret. An index by name comes first.
[[nodiscard]] bool takes_token_from(const Object& object, const ObjectId& secret);

}  // namespace pxguard::model
