#include "cluster/snapshot.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "cluster/contents.h"
#include "cluster/pairing.h"
#include "cluster/review_view.h"

namespace pxguard::cluster {

struct Snapshot::Made {
  explicit Made(Contents made)
      : contents(std::move(made)), pairing(contents, ReviewView(contents, Pairing())) {}

  [[nodiscard]] ReviewView view() const { return {contents, pairing}; }

  const Contents contents;
  const Pairing pairing;
};

Snapshot::Snapshot(Contents contents) : made_(std::make_unique<const Made>(std::move(contents))) {}
Snapshot::Snapshot() : Snapshot(Contents{}) {}
Snapshot::~Snapshot() = default;

ReviewView::ReviewView(std::shared_ptr<const Snapshot> snapshot, Options options)
    : snapshot_(std::move(snapshot)),
      contents_(snapshot_->contents()),
      pairing_(snapshot_->pairing()),
      now_(options.now),
      compares_sent_bytes_(options.compares_sent_bytes) {}

const Contents& Snapshot::contents() const { return made_->contents; }
const Pairing& Snapshot::pairing() const { return made_->pairing; }
std::uint64_t Snapshot::revision() const { return made_->contents.revision; }

std::vector<const model::Object*> Snapshot::objects() const {
  std::vector<const model::Object*> objects;
  for (const auto& table : contents().tables) {
    if (table->status.state == State::Forbidden) continue;  // it may be otherwise by now
    for (const KeptPointer& kept : table->kept) objects.push_back(&kept->object);
  }
  for (const auto& [name, entry] : contents().secrets) {
    if (entry->kept) objects.push_back(&entry->kept->object);
  }
  return objects;
}

std::vector<KindStatus> Snapshot::kinds() const {
  std::vector<KindStatus> kinds;
  for (const auto& table : contents().tables) {
    kinds.push_back(table->status);
    kinds.back().as_of = table->freshness->get();
  }
  return kinds;
}

std::vector<SecretStatus> Snapshot::secrets() const {
  std::vector<SecretStatus> secrets;
  for (const auto& [name, entry] : contents().secrets) {
    secrets.push_back(entry->status);
    secrets.back().as_of = entry->freshness->get();
  }
  return secrets;
}

std::size_t Snapshot::secrets_left_out() const { return contents().secrets_left_out; }

std::vector<std::string> Snapshot::portworx_namespaces() const {
  const auto names = pairing().namespaces();
  return {names.begin(), names.end()};
}

bool Snapshot::is_partial() const {
  const auto is_missing = [](State state) {
    return state == State::Forbidden || state == State::Failed || state == State::NotYet;
  };
  const auto& [tables, secrets] = std::tie(contents().tables, contents().secrets);
  return tables.empty() || secrets_left_out() > 0 ||
         std::any_of(tables.begin(), tables.end(),
                     [&](const auto& table) { return is_missing(table->status.state); }) ||
         std::any_of(secrets.begin(), secrets.end(),
                     [&](const auto& one) { return is_missing(one.second->status.state); });
}

model::Lookup<model::SecretFacts> Snapshot::secret(const model::Object& from, std::string_view ns,
                                                   std::string_view name) const {
  return made_->view().secret(from, ns, name);
}
model::Lookup<model::SecretFacts> Snapshot::config_map(const model::Object& from,
                                                       std::string_view ns,
                                                       std::string_view name) const {
  return made_->view().config_map(from, ns, name);
}
model::Lookup<model::PortworxConfig> Snapshot::portworx(const model::Object& from) const {
  return made_->view().portworx(from);
}
model::ClusterView::Storks Snapshot::storks(const model::Object& portworx) const {
  return made_->view().storks(portworx);
}
model::Lookup<model::Object> Snapshot::object(const model::Object& from, std::string_view kind,
                                              std::string_view ns, std::string_view name) const {
  return made_->view().object(from, kind, ns, name);
}
model::ClusterView::Objects Snapshot::dependents(const model::Object& portworx) const {
  return made_->view().dependents(portworx);
}
model::ClusterView::Objects Snapshot::pods(const model::Object& workload) const {
  return made_->view().pods(workload);
}
model::ClusterView::Objects Snapshot::referrers(const model::Object& secret) const {
  return made_->view().referrers(secret);
}
bool Snapshot::has_producer(std::string_view ns, std::string_view name) const {
  return made_->view().has_producer(ns, name);
}
model::Signature Snapshot::signature(const model::Object& token_secret,
                                     const model::KeyPlace& place) const {
  return made_->view().signature(token_secret, place);
}
const model::SecretFacts* Snapshot::facts_of(const model::Object& secret) const {
  return made_->view().facts_of(secret);
}

}  // namespace pxguard::cluster
