#include "rules/apply.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace pxguard::rules {
namespace {

class Application {
 public:
  Application(const Views& views, const Views* old, const Situation& situation)
      : views_(views),
        old_(old),
        overlay_(situation.view, views, situation.moment),
        situation_{.object = situation.object,
                   .view = overlay_,
                   .settings = situation.settings,
                   .now = situation.now,
                   .operation = situation.operation,
                   .moment = situation.moment} {
    if (old == nullptr) return;
    for (const model::StorkConfig& stork : old->storks) {
      old_storks_.emplace(stork.component_name(), &stork);
      old_storks_.emplace(place_of(stork), &stork);
    }
    remember(old->portworx);
  }

  void run(const Rule& rule) {
    for (const Check& check : rule.checks) {
      std::visit([&](auto function) { pick(rule, function); }, check);
    }
  }

  Applied take() { return std::move(applied_); }

 private:
  void pick(const Rule& rule, CheckOf<model::Object> check) {
    call(rule, check, &views_.object, old_ != nullptr ? &old_->object : nullptr);
  }
  void pick(const Rule& rule, CheckOf<model::Workload> check) {
    call(rule, check, address(views_.workload), old_view(&Views::workload));
  }
  void pick(const Rule& rule, CheckOf<model::PortworxConfig> check) {
    const std::size_t before = applied_.findings.size();
    for (const model::PortworxConfig& portworx : views_.portworx)
      call(rule, check, &portworx, old_portworx(portworx));
    if (views_.portworx.size() > 1) drop_repeated(before);
  }
  void pick(const Rule& rule, CheckOf<model::StorageCluster> check) {
    call(rule, check, address(views_.storage_cluster), old_view(&Views::storage_cluster));
  }
  void pick(const Rule& rule, CheckOf<model::SecretFacts> check) {
    call(rule, check, address(views_.secret), old_view(&Views::secret));
  }
  void pick(const Rule& rule, CheckOf<model::StorageClass> check) {
    call(rule, check, address(views_.storage_class), old_view(&Views::storage_class));
  }
  void pick(const Rule& rule, CheckOf<model::SnapshotClass> check) {
    call(rule, check, address(views_.snapshot_class), old_view(&Views::snapshot_class));
  }
  void pick(const Rule& rule, CheckOf<model::StorkObject> check) {
    call(rule, check, address(views_.stork_object), old_view(&Views::stork_object));
  }
  void pick(const Rule& rule, CheckOf<model::StorkConfig> check) {
    for (const model::StorkConfig& stork : views_.storks)
      call(rule, check, &stork, old_stork(stork));
  }

  template <class View>
  static const View* address(const std::optional<View>& view) {
    return view ? &*view : nullptr;
  }

  template <class View>
  const View* old_view(std::optional<View> Views::*member) const {
    return old_ != nullptr ? address(old_->*member) : nullptr;
  }

  static std::string_view name_of(const model::PortworxConfig& portworx) {
    return portworx.container()["name"].text();
  }

  void remember(const std::vector<model::PortworxConfig>& before) {
    std::set<std::string_view> names;
    for (const model::PortworxConfig& now : views_.portworx) names.insert(name_of(now));
    for (const model::PortworxConfig& portworx : before) {
      old_portworx_.emplace(name_of(portworx), &portworx);
      const bool is_gone = !names.contains(name_of(portworx));
      if (renamed_ == nullptr && is_gone) renamed_ = &portworx;
    }
    if (renamed_ == nullptr && !before.empty()) renamed_ = &before.front();
  }

  // That of the same container. Of one with a new name, what it can have been: one whose name is
  // gone, else the first. A container that is renamed does not begin anew.
  const model::PortworxConfig* old_portworx(const model::PortworxConfig& portworx) const {
    const auto same = old_portworx_.find(name_of(portworx));
    return same == old_portworx_.end() ? renamed_ : same->second;
  }

  // What several containers of one pod say of the object as a whole.
  void drop_repeated(std::size_t from) {
    auto& all = applied_.findings;
    std::set<std::tuple<std::string, std::string, std::string, std::string>> said;
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(from);
    const auto kept = std::remove_if(first, all.end(), [&said](const RuleFinding& repeated) {
      const Finding& finding = repeated.finding;
      return !said.emplace(finding.at.pointer(), finding.message, finding.found, finding.reference)
                  .second;
    });
    all.erase(kept, all.end());
  }

  static std::string place_of(const model::StorkConfig& stork) {
    return std::string(stork.component_name()) + ' ' + stork.path().display();
  }

  // That of the same container, else the first of its kind.
  const model::StorkConfig* old_stork(const model::StorkConfig& stork) const {
    if (old_storks_.empty()) return nullptr;
    auto found = old_storks_.find(place_of(stork));
    if (found == old_storks_.end()) found = old_storks_.find(stork.component_name());
    return found == old_storks_.end() ? nullptr : found->second;
  }

  template <class View>
  void call(const Rule& rule, CheckOf<View> check, const View* view, const View* old) {
    if (view == nullptr) return;
    const Context<View> context(ContextBase(situation_), old);
    for (Finding& finding : check(*view, context))
      applied_.findings.push_back({&rule, std::move(finding)});
    for (std::string& needs : context.take_unverified()) note(rule, std::move(needs));
  }

  void note(const Rule& rule, std::string needs) {
    const bool known =
        std::any_of(applied_.unverified.begin(), applied_.unverified.end(),
                    [&](const RuleUnverified& u) { return u.rule == &rule && u.needs == needs; });
    if (!known) applied_.unverified.push_back({&rule, std::move(needs)});
  }

  const Views& views_;
  const Views* old_;
  std::map<std::string, const model::StorkConfig*, std::less<>> old_storks_;
  std::map<std::string_view, const model::PortworxConfig*> old_portworx_;
  const model::PortworxConfig* renamed_ = nullptr;
  Overlay overlay_;
  Situation situation_;
  Applied applied_;
};

}  // namespace

Views::Views(const model::Object& reviewed, const model::ClusterView& view)
    : object(reviewed),
      workload(model::Workload::of(reviewed)),
      storage_cluster(model::StorageCluster::of(reviewed)),
      storage_class(model::StorageClass::of(reviewed)),
      snapshot_class(model::SnapshotClass::of(reviewed)),
      stork_object(model::StorkObject::of(reviewed)) {
  if (workload) {
    portworx = model::PortworxConfig::all_of(*workload, view);
    storks = model::StorkConfig::of(*workload, view);
  }
  if (storage_cluster) {
    if (auto config = model::PortworxConfig::of(*storage_cluster, view))
      portworx.push_back(std::move(*config));
    storks = model::StorkConfig::of(*storage_cluster, view);
  }
  if (reviewed.kind() == "Secret" && reviewed.id().api_version == "v1")
    secret = model::known_or_read(reviewed, view);
}

bool Overlay::is_reviewed(std::string_view kind, std::string_view ns, std::string_view name) const {
  const model::ObjectId& id = views_.object.id();
  return replaces_ && id.kind == kind && id.ns == ns && id.name == name;
}

bool Overlay::is_replaced(const model::Object& other) const {
  const model::ObjectId& id = other.id();
  return is_reviewed(id.kind, id.ns, id.name) && id.group() == views_.object.id().group();
}

// What is new is added nowhere: whether it belongs there is the view's to say.
model::ClusterView::Objects Overlay::replaced(Objects objects) const {
  if (!replaces_) return objects;
  for (const model::Object*& object : objects.objects) {
    if (is_replaced(*object)) object = &views_.object;
  }
  return objects;
}

void Overlay::replace_storks(Storks& storks) const {
  const std::size_t removed = std::erase_if(
      storks.configs,
      [this](const model::StorkConfig* stork) { return is_replaced(stork->object()); });
  if (removed == 0) return;
  for (const model::StorkConfig& stork : views_.storks) {
    if (stork.is_stork() && !stork.is_driver_unknown()) storks.configs.push_back(&stork);
  }
}

model::Lookup<model::SecretFacts> Overlay::secret(const model::Object& from, std::string_view ns,
                                                  std::string_view name) const {
  if (views_.secret && is_reviewed("Secret", ns, name))
    return model::Lookup<model::SecretFacts>::found(&*views_.secret);
  return base_.secret(from, ns, name);
}

model::Lookup<model::SecretFacts> Overlay::config_map(const model::Object& from,
                                                      std::string_view ns,
                                                      std::string_view name) const {
  return base_.config_map(from, ns, name);
}

model::Lookup<model::PortworxConfig> Overlay::portworx(const model::Object& from) const {
  if (&from == &views_.object && !views_.portworx.empty()) {
    return model::Lookup<model::PortworxConfig>::found(&views_.portworx.front());
  }
  return base_.portworx(from);
}

model::ClusterView::Storks Overlay::storks(const model::Object& portworx) const {
  Storks storks = base_.storks(portworx);
  if (&portworx != &views_.object) {
    replace_storks(storks);
    return storks;
  }
  // Those that the object brings itself stand for what the view knows of them.
  std::erase_if(storks.configs, [](const model::StorkConfig* stork) {
    return stork->is_part_of_storage_cluster();
  });
  for (const model::StorkConfig& stork : views_.storks) {
    if (stork.is_stork()) storks.configs.push_back(&stork);
  }
  return storks;
}

model::Lookup<model::Object> Overlay::object(const model::Object& from, std::string_view kind,
                                             std::string_view ns, std::string_view name) const {
  if (is_reviewed(kind, ns, name)) return model::Lookup<model::Object>::found(&views_.object);
  return base_.object(from, kind, ns, name);
}

model::ClusterView::Objects Overlay::dependents(const model::Object& portworx) const {
  return replaced(base_.dependents(portworx));
}

std::vector<const model::PortworxConfig*> Overlay::other_clusters(
    const model::Object& portworx) const {
  return base_.other_clusters(portworx);
}

model::ClusterView::Objects Overlay::referrers(const model::Object& secret) const {
  return base_.referrers(secret);
}

model::Signature Overlay::signature(const model::Object& token_secret,
                                    const model::KeyPlace& place) const {
  return base_.signature(token_secret, place);
}

Applied apply(std::span<const Rule* const> rules, const Views& views, const Views* old,
              const Situation& situation) {
  Application application(views, old, situation);
  for (const Rule* rule : rules) application.run(*rule);
  return application.take();
}

}  // namespace pxguard::rules
