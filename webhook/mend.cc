#include "webhook/mend.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "rules/policy/change.h"
#include "webhook/taken_away.h"

namespace pxguard::webhook {
namespace {

using policy::Judged;
using rules::Edit;
using rules::Operation;
using rules::Repair;
using rules::Severity;

// Each patch that is tried is judged; an object with more faults than this has other problems.
constexpr int kMostTries = 8;
// Pod, ReplicaSet, Deployment, StorageCluster, and one to spare.
constexpr int kMostOwners = 5;

bool is_storage_cluster(const model::Owner& owner) {
  return owner.kind == "StorageCluster" &&
         owner.api_version.starts_with("core.libopenstorage.org/");
}

// ReplicaSets are in no view; that of a Deployment has its name, a dash and a hash.
model::Lookup<model::Object> owner_in_view(const model::Object& owned, const model::Owner& owner,
                                           std::string_view ns, const model::ClusterView& view) {
  const std::string_view name = owner.name;
  const std::size_t dash = name.rfind('-');
  if (owner.kind != "ReplicaSet" || dash == std::string_view::npos)
    return view.object(owned, owner.kind, ns, name);
  return view.object(owned, "Deployment", ns, name.substr(0, dash));
}

// Who is at the end of the chain of controllers; a chain that cannot be followed is taken for the
// operator's.
std::string owner_to_respect(const model::Object& object, const model::ClusterView& view) {
  std::optional<model::Object> current(object);
  for (int i = 0; i < kMostOwners; ++i) {
    const auto owner = current->controller();
    if (!owner) return {};
    const std::string name = printable(owner->kind, 60) + ' ' + printable(owner->name, 120);
    if (is_storage_cluster(*owner)) return "it belongs to " + name + ": mend it there";
    const auto above = owner_in_view(*current, *owner, object.id().ns, view);
    if (above.get() == nullptr) return "whose it is cannot be told: " + name + " is out of view";
    current.emplace(*above.get());
  }
  return "whose it is cannot be told: its owners have too many owners";
}

// Of a StorageClass all but its metadata, and whether volumes may grow.
bool is_fixed_once_made(const model::Object& object, const Repair& repair) {
  if (repair.use == Repair::Use::Creation) return true;
  if (object.kind() != "StorageClass") return false;
  return std::any_of(repair.edits.begin(), repair.edits.end(),
                     [](const Edit& edit) { return edit.at.pointer().starts_with("/parameters"); });
}

std::string what_of(const Edit& edit) {
  const std::string place = edit.at.display();
  switch (edit.kind) {
    case Edit::Kind::Replace: return "sets " + place;
    case Edit::Kind::Rename: return "renames " + place;
    case Edit::Kind::Remove: return "removes " + place;
    case Edit::Kind::Add: return "adds " + place;
    case Edit::Kind::Append:
    case Edit::Kind::Insert: break;
  }
  const auto value = json::Document::parse(edit.value);
  const std::string name(value ? value->root()["name"].text() : std::string_view{});
  return "adds " + (name.empty() ? "an element" : name) + " to " + place;
}

struct Candidate {
  const Judged* judged = nullptr;
  std::string key{};
};
using Candidates = std::vector<Candidate>;

class Mender {
 public:
  Mender(const Review& review, const model::ClusterView& view, const policy::Policy& policy,
         policy::Time now)
      : review_(review), object_(*review.object), view_(view), policy_(policy), now_(now) {}

  Mending run() {
    const policy::Verdict verdict = judge(object_);
    for (const Judged& judged : verdict.findings)
      before_.insert(policy::fault_key(*judged.rule, judged.finding));
    Candidates candidates;
    for (const Judged& judged : verdict.findings) {
      const auto entry = policy_.rules.find(judged.rule);
      if (entry == policy_.rules.end() || !entry->second.mutate) continue;
      if (judged.finding.repair.empty()) continue;
      const std::string why = reason_against(judged);
      if (why.empty())
        candidates.push_back({&judged, policy::fault_key(*judged.rule, judged.finding)});
      else
        leave(judged, why);
    }
    choose(candidates);
    return std::move(mending_);
  }

 private:
  [[nodiscard]] policy::Verdict judge(const model::Object& object) const {
    const bool is_update = review_.operation == Operation::Update;
    return policy::evaluate(
        {.object = object,
         .old = is_update && review_.old_object ? &*review_.old_object : nullptr,
         .operation = review_.operation,
         .user = review_.user,
         .subresource = review_.subresource},
        view_, policy_, now_, policy::Mode::Admission);
  }

  [[nodiscard]] std::string reason_against(const Judged& judged) const {
    if (judged.because == policy::Because::Exception) return "the policy makes an exception of it";
    if (judged.because == policy::Because::Acknowledged) return "it is acknowledged";
    const Repair& repair = judged.finding.repair;
    if (repair.use == Repair::Use::Files || repair.use == Repair::Use::Request)
      return "it is mended in the manifest: pxguard fix";
    const bool is_update = review_.operation == Operation::Update;
    if (is_update && is_fixed_once_made(object_, repair)) return "it cannot be changed any more";
    if (is_update && review_.old_object && was_taken_away(repair))
      return "this change takes away what mends it";
    return {};
  }

  // Stateless: what stood there before and is gone now, whoever writes does not want.
  [[nodiscard]] bool was_taken_away(const Repair& repair) const {
    return std::all_of(repair.edits.begin(), repair.edits.end(), [this](const Edit& edit) {
      return was_so(edit, object_.root(), review_.old_object->root());
    });
  }

  void leave(const Judged& judged, std::string why) {
    mending_.unmended.push_back({judged.rule, judged.finding.at.display(), std::move(why)});
  }

  // All at once; else one by one, each that goes with those before it.
  void choose(const Candidates& candidates) {
    if (candidates.empty()) return;
    std::string why;
    if (auto patch = tried(candidates, why)) return take(candidates, *std::move(patch));
    Candidates chosen;
    std::optional<rules::JsonPatch> best;
    for (const Candidate& candidate : candidates) {
      Candidates more = chosen;
      more.push_back(candidate);
      auto patch = candidates.size() > 1 ? tried(more, why) : std::nullopt;
      if (!patch) {
        leave(*candidate.judged, why);
        continue;
      }
      best = std::move(patch);
      chosen = std::move(more);
    }
    if (best) take(chosen, *std::move(best));
  }

  void take(const Candidates& chosen, rules::JsonPatch patch) {
    mending_.patch = std::move(patch);
    for (const Candidate& candidate : chosen) {
      std::string what;
      for (const Edit& edit : candidate.judged->finding.repair.edits)
        what += (what.empty() ? "" : ", ") + what_of(edit);
      mending_.mended.push_back(
          {candidate.judged->rule, candidate.judged->finding.at.display(), std::move(what)});
    }
  }

  // The patch of these, if it leaves none of them and makes nothing else.
  std::optional<rules::JsonPatch> tried(const Candidates& chosen, std::string& why) {
    why = "too many faults to mend at once";
    if (++tries_ > kMostTries) return std::nullopt;
    std::vector<Edit> edits;
    for (const Candidate& candidate : chosen) {
      const auto& more = candidate.judged->finding.repair.edits;
      edits.insert(edits.end(), more.begin(), more.end());
    }
    const auto patch = rules::compose(edits, object_.root());
    if (!patch) {
      why = patch.error().message;
      return std::nullopt;
    }
    const auto text = rules::apply_patch(*patch, object_.root());
    auto document = text ? json::Document::parse(*text) : Result<json::Document>(text.error());
    if (!document) {
      why = "the patch does not fit";
      return std::nullopt;
    }
    why =
        what_is_wrong(std::make_shared<const json::Document>(std::move(document).value()), chosen);
    return why.empty() ? std::optional(*patch) : std::nullopt;
  }

  [[nodiscard]] std::string what_is_wrong(const std::shared_ptr<const json::Document>& document,
                                          const Candidates& chosen) const {
    model::Object object(document, document->root());
    object.complete_identity(object_.id().ns, object_.id().name);
    for (const Judged& judged : judge(object).findings) {
      const std::string key = policy::fault_key(*judged.rule, judged.finding);
      const bool is_left = std::any_of(chosen.begin(), chosen.end(),
                                       [&key](const auto& one) { return one.key == key; });
      if (is_left) return "the repair would not be enough";
      if (judged.finding.severity != Severity::Info && !before_.contains(key))
        return "the repair would make " + std::string(judged.rule->id);
    }
    return {};
  }

  const Review& review_;
  const model::Object& object_;
  const model::ClusterView& view_;
  const policy::Policy& policy_;
  const policy::Time now_;
  std::set<std::string> before_;
  Mending mending_;
  int tries_ = 0;
};

}  // namespace

std::string reason_to_leave(const Review& review, const model::ClusterView& view,
                            const policy::Policy& policy) {
  const bool is_write =
      review.operation == Operation::Create || review.operation == Operation::Update;
  if (!is_write || !review.object || !review.subresource.empty()) return "nothing is written";
  const model::Object& object = *review.object;
  const auto& trusted = policy.trusted_controllers;
  if (std::find(trusted.begin(), trusted.end(), review.user) != trusted.end())
    return "a trusted controller writes it";
  if (object.is_being_deleted()) return "it is being deleted";
  const bool is_pod = object.kind() == "Pod" && object.id().group().empty();
  if (!object.annotation("kubernetes.io/config.mirror").empty())
    return "it is the mirror of a file on a node";
  const bool is_fixed = is_pod || (object.kind() == "Job" && object.id().group() == "batch");
  if (is_fixed && review.operation != Operation::Create) return "its template cannot be changed";
  if (!is_pod && object.controller()) {
    const auto owner = *object.controller();
    return "it belongs to " + printable(owner.kind, 60) + ' ' + printable(owner.name, 120) +
           ": mend it there";
  }
  return owner_to_respect(object, view);
}

Mending mend(const Review& review, const model::ClusterView& view, const policy::Policy& policy,
             policy::Time now) {
  const bool is_any = std::any_of(policy.rules.begin(), policy.rules.end(),
                                  [](const auto& entry) { return entry.second.mutate; });
  if (!is_any || !reason_to_leave(review, view, policy).empty()) return {};
  return Mender(review, view, policy, now).run();
}

}  // namespace pxguard::webhook
