#include "cluster/store.h"

#include <algorithm>
#include <utility>

#include "cluster/clock.h"
#include "cluster/store_parts.h"

namespace pxguard::cluster {

namespace {

Time now() { return view_time(); }

SecretName name_of(const Kept& kept) { return {kept.object.id().ns, kept.object.id().name}; }

SecretName name_of(json::Value object) {
  const json::Value metadata = object["metadata"];
  return {std::string(metadata["namespace"].text()), std::string(metadata["name"].text())};
}

}  // namespace

void Harvest::take(json::Value object, const Resource& resource, const Interest& interest) {
  bool is_understood = false;
  KeptPointer one = keep(object, resource, interest, is_understood);
  ++seen;
  if (!is_understood) ++not_understood;
  if (one) kept.push_back(std::move(one));
}

Store::Store(Options options) : options_(std::move(options)) {}
Store::~Store() = default;

void Store::dirty(std::optional<ViewEvent> event) {
  if (event && options_.on_event) options_.on_event(*event);
  if (options_.on_dirty) options_.on_dirty();
}

Store::Kind* Store::find(const Resource& resource) {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(), [&resource](const auto& kind) {
    return kind->status.resource.group == resource.group &&
           kind->status.resource.plural == resource.plural;
  });
  return found == kinds_.end() ? nullptr : found->get();
}

void Store::set_kinds(const std::vector<Wanted>& kinds) {
  {
    const std::lock_guard lock(mutex_);
    std::vector<std::unique_ptr<Kind>> next;
    bool is_same = kinds.size() == kinds_.size();
    for (const Wanted& wanted : kinds) {
      auto kind = std::make_unique<Kind>();
      const auto known = std::find_if(kinds_.begin(), kinds_.end(), [&wanted](const auto& one) {
        return one && one->status.resource == wanted.resource;
      });
      is_same = is_same && known != kinds_.end();
      if (known != kinds_.end()) kind = std::move(*known);
      KindStatus& status = kind->status;
      const State before = status.state;
      status.resource = wanted.resource;
      status.reading = wanted.reading;
      if (!wanted.is_served) {
        status.state = State::NotServed;
        kind->kept.clear();
        kind->freshness->set(now());
      } else if (status.state == State::NotServed) {
        status.state = State::NotYet;
      }
      if (status.state != before) {
        is_same = false;
        kind->table = nullptr;
      }
      next.push_back(std::move(kind));
    }
    kinds_ = std::move(next);
    if (is_same) return;
    ++revision_;
  }
  dirty();
}

void Store::set_why_nothing(std::string why) {
  {
    const std::lock_guard lock(mutex_);
    if (why == why_nothing_) return;
    why_nothing_ = std::move(why);
    ++revision_;
  }
  dirty();
}

void Store::set_interest(Interest interest) {
  {
    const std::lock_guard lock(mutex_);
    interest_ = std::move(interest);
    ++revision_;
  }
  dirty();
}

Interest Store::interest() const {
  const std::lock_guard lock(mutex_);
  return interest_;
}

// --- Kinds -------------------------------------------------------------------------------------

// Between begin_list() and end_list() the view has what it had.
class Store::KindSink final : public Sink {
 public:
  KindSink(Store& store, Resource resource) : store_(store), resource_(std::move(resource)) {}

  void begin_list() override {
    harvest_.emplace();
    interest_ = store_.interest();
  }
  void put(json::Value object) override {
    if (harvest_) return harvest_->take(object, resource_, interest_);
    bool is_understood = false;
    KeptPointer kept = keep(object, resource_, interest_, is_understood);
    store_.put(resource_, name_of(object), std::move(kept));
  }
  void remove(json::Value object) override { store_.put(resource_, name_of(object), nullptr); }
  void end_list() override {
    if (harvest_) store_.replace(resource_, std::move(*harvest_));
    harvest_.reset();
  }
  void heard() override { store_.heard(resource_); }
  void failed(const Failure& failure) override {
    harvest_.reset();
    store_.failed(resource_, failure);
  }

 private:
  Store& store_;
  const Resource resource_;
  Interest interest_;
  std::optional<Harvest> harvest_;
};

std::unique_ptr<Sink> Store::sink(const Resource& resource) {
  return std::make_unique<KindSink>(*this, resource);
}

void Store::put(const Resource& resource, SecretName name, KeptPointer kept) {
  {
    const std::lock_guard lock(mutex_);
    Kind* kind = find(resource);
    if (kind == nullptr) return;
    const auto known = kind->kept.find(name);
    const bool is_known = known != kind->kept.end();
    if (!kept && !is_known) return;
    if (kept && is_known && kept->fingerprint == known->second->fingerprint) return;
    if (kept)
      kind->kept[std::move(name)] = std::move(kept);
    else
      kind->kept.erase(known);
    kind->table = nullptr;
    ++revision_;
  }
  dirty();
}

void Store::replace(const Resource& resource, Harvest harvest) {
  std::optional<ViewEvent> event;
  {
    const std::lock_guard lock(mutex_);
    Kind* kind = find(resource);
    if (kind == nullptr) return;
    std::map<SecretName, KeptPointer> next;
    bool is_same = kind->status.state == State::Read &&
                   kind->status.not_understood == harvest.not_understood &&
                   kind->namespaces == harvest.namespaces;
    for (KeptPointer& one : harvest.kept) {
      SecretName name = name_of(*one);
      const auto known = kind->kept.find(name);
      const bool is_known =
          known != kind->kept.end() && known->second->fingerprint == one->fingerprint;
      is_same = is_same && is_known;
      next.insert_or_assign(std::move(name), is_known ? known->second : std::move(one));
    }
    is_same = is_same && next.size() == kind->kept.size() && !kind->is_lost;
    kind->kept = std::move(next);
    kind->namespaces = std::move(harvest.namespaces);
    kind->status.state = State::Read;
    kind->was_listed = true;
    kind->status.why.clear();
    kind->status.seen = harvest.seen;
    kind->status.not_understood = harvest.not_understood;
    kind->freshness->set(now());
    if (std::exchange(kind->is_lost, false)) event = ViewEvent{resource.kind, State::Read, ""};
    if (is_same) return;
    kind->table = nullptr;
    ++revision_;
  }
  dirty(event);
}

// After a list, or in a watch that goes on behind one: whatever came between, what is held is so.
void Store::heard(const Resource& resource) {
  {
    const std::lock_guard lock(mutex_);
    Kind* kind = find(resource);
    if (kind == nullptr || !kind->was_listed) return;
    kind->freshness->set(now());
    const bool is_back = std::exchange(kind->status.state, State::Read) != State::Read;
    if (!std::exchange(kind->is_lost, false) && !is_back) return;
    kind->status.why.clear();
    kind->table = nullptr;
    ++revision_;
  }
  dirty(ViewEvent{resource.kind, State::Read, ""});
}

void Store::failed(const Resource& resource, const Failure& failure) {
  if (failure.kind == Failure::Kind::Stopped) return;
  std::optional<ViewEvent> event;
  {
    const std::lock_guard lock(mutex_);
    Kind* kind = find(resource);
    if (kind == nullptr || !note_failure(kind->status, failure, kind->is_lost, State::NotServed))
      return;
    if (kind->status.state == State::NotServed) {
      kind->kept.clear();
      kind->freshness->set(now());
    }
    event = ViewEvent{resource.kind,
                      kind->status.state == State::Read ? State::Failed : kind->status.state,
                      failure.message};
    kind->table = nullptr;
    ++revision_;
  }
  dirty(event);
}

// --- What snapshots are made from ----------------------------------------------------------------

bool Store::is_waiting_for_watches() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(kinds_.begin(), kinds_.end(), [](const auto& kind) {
    return kind->status.reading == Reading::Watched && kind->status.state == State::NotYet;
  });
}

std::set<std::string> Store::portworx_namespaces() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> namespaces;
  for (const auto& kind : kinds_) {
    if (kind->status.reading != Reading::Watched) continue;
    for (const auto& [name, kept] : kind->kept) {
      if (kept->runs_portworx) namespaces.insert(name.first);
    }
  }
  return namespaces;
}

Contents Store::contents() {
  const std::lock_guard lock(mutex_);
  Contents contents;
  for (const auto& kind : kinds_) {
    if (!kind->table) {
      std::vector<KeptPointer> kept;
      kept.reserve(kind->kept.size());
      for (const auto& [name, one] : kind->kept) kept.push_back(one);
      kind->table = std::make_shared<const Table>(kind->status, kind->freshness, std::move(kept),
                                                  kind->namespaces);
    }
    contents.tables.push_back(kind->table);
  }
  for (const auto& [name, secret] : secrets_) {
    if (!secret->made) secret->made = std::make_shared<const SecretEntry>(secret->entry);
    contents.secrets.emplace(name, secret->made);
  }
  contents.secret_names = interest_.secrets;
  contents.secrets_left_out = secrets_left_out_;
  contents.why_nothing = why_nothing_;
  contents.listed_for = options_.listed_for;
  contents.revision = revision_;
  return contents;
}

}  // namespace pxguard::cluster
