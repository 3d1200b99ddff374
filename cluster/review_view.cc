#include "cluster/review_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "rules/model/kinds.h"
#include "rules/model/portworx_names.h"
#include "rules/model/producers.h"
#include "rules/model/storage_cluster.h"

namespace pxguard::cluster {
namespace {

using model::Lookup;

constexpr std::size_t kShownName = 80;

std::string named(std::string_view kind, std::string_view ns, std::string_view name) {
  return fmt::format("{} {}{}{}", kind, printable(ns, kShownName), ns.empty() ? "" : "/",
                     printable(name, kShownName));
}

// Where a kind is several times (a group has another of the same name), the first is meant.
bool is_portworx_kind(const Table& table) {
  const Resource& resource = table.status.resource;
  return (resource.kind == "DaemonSet" && resource.group == "apps") ||
         (resource.kind == "StorageCluster" && resource.group == "core.libopenstorage.org");
}

bool can_be_stork(const Table& table) {
  return is_portworx_kind(table) || table.status.resource.kind == "Deployment";
}

std::string because(std::string_view what, std::string_view why) {
  return fmt::format("{} ({})", what, why);
}

}  // namespace

std::string ReviewView::why_stale(const Freshness& freshness, std::chrono::seconds limit,
                                  const std::string& why) const {
  const auto as_of = freshness.get();
  if (!now_ || !as_of) return {};
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(*now_ - *as_of);
  if (age <= limit) {
    if (!oldest_ || *as_of < *oldest_) oldest_ = as_of;
    return {};
  }
  return fmt::format("last known {} s ago{}{}", age.count(), why.empty() ? "" : ": ", why);
}

std::string ReviewView::why_not(const Table& table) const {
  const KindStatus& status = table.status;
  if (status.state == State::Read || status.state == State::NotServed) {
    // Whether a kind is served is asked with the lists.
    const bool is_watched = status.reading == Reading::Watched && status.state == State::Read;
    return why_stale(*table.freshness, is_watched ? contents_.watched_for : contents_.listed_for,
                     status.why);
  }
  return status.why.empty() ? std::string(to_string(status.state)) : status.why;
}

std::string ReviewView::why_not(const SecretEntry& entry) const {
  const SecretStatus& status = entry.status;
  if (status.state == State::Read || status.state == State::Absent)
    return why_stale(*entry.freshness, contents_.watched_for, status.why);
  if (status.state == State::Forbidden) {
    return fmt::format(
        "not allowed to pxguard; Role in {}: get, list, watch secrets, resourceNames: [{}]",
        printable(status.ns, kShownName), printable(status.name, kShownName));
  }
  return status.why.empty() ? std::string(to_string(status.state)) : status.why;
}

const Table* ReviewView::table_of(std::string_view kind) const {
  for (const auto& table : contents_.tables) {
    if (table->status.resource.kind == kind) return table.get();
  }
  return nullptr;
}

// --- Secrets and ConfigMaps ------------------------------------------------------------------

Lookup<model::SecretFacts> ReviewView::secret(const model::Object&, std::string_view ns,
                                              std::string_view name) const {
  using Answer = Lookup<model::SecretFacts>;
  const std::string what = named("Secret", ns, name);
  const auto found = contents_.secrets.find(SecretName(ns, name));
  if (found != contents_.secrets.end()) {
    const SecretEntry& entry = *found->second;
    if (const std::string why = why_not(entry); !why.empty())
      return Answer::unknown(because(what, why));
    return entry.kept ? Answer::found(&*entry.kept->facts) : Answer::absent();
  }
  if (contents_.tables.empty()) return Answer::unknown(because(what, contents_.why_nothing));
  if (contents_.secret_names.contains(name)) {
    return Answer::unknown(because(
        what, fmt::format("not read: Portworx is not seen there, the policy names it for another "
                          "namespace, or it lists more than {} Secrets",
                          limits::kSecretsInView)));
  }
  return Answer::unknown(
      because(what, fmt::format("not in the policy: secrets: [{0}]; and a Role in {1} with "
                                "resourceNames: [{0}]",
                                printable(name, kShownName), printable(ns, kShownName))));
}

Lookup<model::SecretFacts> ReviewView::config_map(const model::Object&, std::string_view ns,
                                                  std::string_view name) const {
  using Answer = Lookup<model::SecretFacts>;
  const std::string what = named("ConfigMap", ns, name);
  const Table* table = table_of("ConfigMap");
  if (table == nullptr) return Answer::unknown(because(what, contents_.why_nothing));
  if (const std::string why = why_not(*table); !why.empty())
    return Answer::unknown(because(what, why));
  if (!table->namespaces.contains(ns))
    return Answer::unknown(because(what, "ConfigMaps are read where Portworx runs"));
  const Kept* kept = table->find(ns, name);
  return kept != nullptr ? Answer::found(&*kept->facts) : Answer::absent();
}

const SecretEntry* ReviewView::entry_of(const model::Object& secret) const {
  const auto found = contents_.secrets.find(SecretName(secret.id().ns, secret.id().name));
  const bool is_own = found != contents_.secrets.end() && found->second->kept &&
                      &found->second->kept->object == &secret;
  return is_own ? found->second.get() : nullptr;
}

const model::SecretFacts* ReviewView::facts_of(const model::Object& secret) const {
  const SecretEntry* entry = entry_of(secret);
  return entry != nullptr ? &*entry->kept->facts : nullptr;
}

// Of a token that somebody sends every answer would be one to a guess at the key.
model::Signature ReviewView::signature(const model::Object& token_secret,
                                       const model::KeyPlace& place) const {
  const SecretEntry* entry = entry_of(token_secret);
  if (entry == nullptr || !why_not(*entry).empty()) return model::Signature::Unknown;
  const auto found = entry->signatures.find(signature_key(place));
  return found == entry->signatures.end() ? model::Signature::Unknown : found->second;
}

bool ReviewView::has_producer(std::string_view ns, std::string_view name) const {
  for (const auto& table : contents_.tables) {
    const auto named = table->producers.find(std::string(name));
    if (named == table->producers.end()) continue;
    const bool makes =
        std::any_of(named->second.begin(), named->second.end(),
                    [&](const Kept* kept) { return model::makes_secret(kept->object, ns, name); });
    if (makes) return true;
  }
  // The source of a replicator.
  return std::any_of(contents_.secrets.begin(), contents_.secrets.end(), [&](const auto& known) {
    const KeptPointer& kept = known.second->kept;
    return kept && kept->made_secret == name && model::makes_secret(kept->object, ns, name);
  });
}

// --- Who works with whom ---------------------------------------------------------------------

std::string ReviewView::why_no_portworx() const {
  constexpr std::string_view kWhat = "the Portworx DaemonSet or StorageCluster of this cluster";
  if (contents_.tables.empty()) return because(kWhat, contents_.why_nothing);
  for (const auto& table : contents_.tables) {
    if (!is_portworx_kind(*table)) continue;
    if (const std::string why = why_not(*table); !why.empty())
      return because(kWhat, fmt::format("{}: {}", table->status.resource.kind, why));
  }
  return {};
}

model::Partner ReviewView::partner_of(const model::Object& from) const {
  if (const model::StorkConfig* stork = pairing_.stork_of(from))
    return pairing_.choose(model::Follower::of(from, stork, pairing_.pxd_storks()));
  std::vector<model::StorkConfig> own;
  if (const auto workload = model::Workload::of(from)) {
    own = model::StorkConfig::of(*workload, *this);
  } else if (const auto cluster = model::StorageCluster::of(from)) {
    own = model::StorkConfig::of(*cluster, *this);
  }
  // One that is being made counts beside those that there are, unless it is one of them.
  std::size_t storks = pairing_.pxd_storks();
  const bool is_known = std::any_of(
      pairing_.storks().begin(), pairing_.storks().end(), [&from](const model::StorkConfig* known) {
        const model::ObjectId& id = known->object().id();
        return id.kind == from.kind() && id.ns == from.id().ns && id.name == from.id().name;
      });
  if (!own.empty() && !is_known) ++storks;
  return pairing_.choose(model::Follower::of(from, own.empty() ? nullptr : own.data(), storks));
}

Lookup<model::PortworxConfig> ReviewView::portworx(const model::Object& from) const {
  using Answer = Lookup<model::PortworxConfig>;
  if (const std::string why = why_no_portworx(); !why.empty()) return Answer::unknown(why);
  if (const model::PortworxConfig* own = pairing_.portworx_of(from)) return Answer::found(own);
  const model::Partner partner = partner_of(from);
  if (partner.found != nullptr) return Answer::found(partner.found);
  if (partner.is_ambiguous) {
    return Answer::unknown(
        "the Portworx of this object (ambiguous: there are several, none in its namespace)");
  }
  if (pairing_.has_portworx())
    return Answer::unknown("the Portworx of this object (the one in view is elsewhere)");
  return Answer::absent();
}

model::ClusterView::Storks ReviewView::storks(const model::Object& portworx) const {
  Storks storks{.configs = {}, .complete = !contents_.tables.empty()};
  for (const auto& table : contents_.tables) {
    if (can_be_stork(*table) && !is_usable(*table)) return {};
  }
  const model::PortworxConfig* own = pairing_.same_portworx(portworx);
  if (own != nullptr) {
    storks.configs = pairing_.storks_of(*own);
  } else if (!pairing_.has_portworx()) {
    // The first Portworx of a cluster: those that will find it.
    for (const model::StorkConfig* stork : pairing_.storks()) {
      const auto looks = stork->portworx_namespace();
      if (stork->object().id().ns == portworx.id().ns || looks == portworx.id().ns ||
          pairing_.pxd_storks() == 1)
        storks.configs.push_back(stork);
    }
  }
  storks.complete = storks.complete && !pairing_.has_stray_stork();
  return storks;
}

model::ClusterView::Objects ReviewView::dependents(const model::Object& portworx) const {
  const model::PortworxConfig* own = pairing_.same_portworx(portworx);
  if (own == nullptr && pairing_.has_portworx()) return {};
  // Several rules ask for the same ten thousand.
  if (!dependents_ || dependents_->first != own) dependents_.emplace(own, dependents_of(own));
  return dependents_->second;
}

// The only Portworx is that of everything but a Stork that looks elsewhere.
bool ReviewView::is_certain_partner(const Kept& kept) const {
  return !kept.runs_stork && pairing_.is_only_one();
}

// Null: of the first Portworx of a cluster.
model::ClusterView::Objects ReviewView::dependents_of(const model::PortworxConfig* own) const {
  Objects found{.objects = {}, .complete = !contents_.tables.empty()};
  if (own != nullptr) found.objects = pairing_.other_daemon_sets(*own);
  for (const auto& table : contents_.tables) {
    if (!is_usable(*table)) {
      found.complete = false;
      continue;
    }
    for (const KeptPointer& kept : table->kept) {
      const model::Object& object = kept->object;
      // What a controller made from a template says nothing that the template does not.
      if (!kept->can_depend || !kept->controller.empty()) continue;
      if (own != nullptr && (&own->object() == &object || pairing_.portworx_of(object) != nullptr))
        continue;
      if (own != nullptr && !is_certain_partner(*kept)) {
        const model::PortworxConfig* partner = partner_of(object).found;
        found.complete = found.complete && partner != nullptr;
        if (partner != own) continue;
      }
      found.objects.push_back(&object);
    }
  }
  return found;
}

// --- Objects by their names --------------------------------------------------------------------

Lookup<model::Object> ReviewView::object(const model::Object&, std::string_view kind,
                                         std::string_view ns, std::string_view name) const {
  using Answer = Lookup<model::Object>;
  const std::string what = named(kind, ns, name);
  if (kind == "Secret") {
    const auto found = contents_.secrets.find(SecretName(ns, name));
    if (found != contents_.secrets.end() && found->second->kept && why_not(*found->second).empty())
      return Answer::found(&found->second->kept->object);
    return Answer::unknown(what);
  }
  const Table* table = table_of(kind);
  if (table == nullptr)
    return Answer::unknown(contents_.tables.empty() ? because(what, contents_.why_nothing) : what);
  if (const std::string why = why_not(*table); !why.empty())
    return Answer::unknown(because(what, why));
  if (const Kept* kept = table->find(ns, name)) return Answer::found(&kept->object);
  if (table->status.reading == Reading::Watched) return Answer::absent();
  return Answer::unknown(because(what, "not seen among those of Portworx"));
}

model::ClusterView::Objects ReviewView::pods(const model::Object& workload) const {
  const Table* table = table_of("Pod");
  if (table == nullptr || !is_usable(*table)) return {};
  const model::ObjectId& id = workload.id();
  Objects found{.objects = {}, .complete = table->namespaces.contains(id.ns)};
  const auto add = [&found](const std::vector<const Kept*>& pods) {
    for (const Kept* pod : pods) found.objects.push_back(&pod->object);
  };
  if (id.kind != "Deployment") {
    const auto made = table->controlled.find(controller_key(id.kind, id.ns, id.name));
    if (made != table->controlled.end()) add(made->second);
    return found;
  }
  // Made by a ReplicaSet of it: its name, a dash and a hash.
  const std::string prefix = controller_key("ReplicaSet", id.ns, id.name) + '-';
  for (const auto& [key, pods] : table->controlled) {
    if (key.starts_with(prefix) && key.find('-', prefix.size()) == std::string::npos) add(pods);
  }
  return found;
}

model::ClusterView::Objects ReviewView::referrers(const model::Object& secret) const {
  Objects found{.objects = {}, .complete = !contents_.tables.empty()};
  for (const auto& table : contents_.tables) {
    const auto named = table->referrers.find(secret.id().name);
    const bool is_any = named != table->referrers.end();
    if (!is_usable(*table)) {
      found.complete = false;
      continue;
    }
    if (!is_any) continue;
    for (const Kept* kept : named->second) {
      if (model::takes_token_from(kept->object, secret.id()))
        found.objects.push_back(&kept->object);
    }
  }
  return found;
}

std::optional<std::chrono::seconds> ReviewView::age_used() const {
  if (!now_ || !oldest_) return std::nullopt;
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(*now_ - *oldest_);
  return std::max(age, std::chrono::seconds(0));
}

}  // namespace pxguard::cluster
