#include "rules/checks/shared/snapshot_subject.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace pxguard::rules {
namespace {

using model::IsPortworx;
using model::StorkObject;

bool has_labels(const model::Object& object, json::Value wanted) {
  if (wanted.empty()) return false;
  for (const auto& [key, value, node] : wanted.members()) {
    if (object.label(key) != value.text()) return false;
  }
  return true;
}

// One is enough; no only where all are in view, and of others.
IsPortworx any_of(const std::vector<IsPortworx>& answers) {
  const auto has = [&answers](IsPortworx answer) {
    return std::find(answers.begin(), answers.end(), answer) != answers.end();
  };
  if (has(IsPortworx::Yes)) return IsPortworx::Yes;
  return answers.empty() || has(IsPortworx::Unknown) ? IsPortworx::Unknown : IsPortworx::No;
}

class Snapshot {
 public:
  Snapshot(const StorkObject& object, const ContextBase& context)
      : object_(object), context_(context) {}

  // What a snapshot is of may be a volume of another vendor.
  IsPortworx is_of_portworx() const {
    if (!object_.is_snapshot()) return IsPortworx::Yes;
    if (object_.is("GroupVolumeSnapshot")) return of_selected_claims();
    if (object_.is("VolumeSnapshotRestore")) return of_source();
    return of_claim(object_);
  }

 private:
  IsPortworx of_claim(const StorkObject& snapshot) const {
    if (snapshot.claim_name().empty()) return IsPortworx::Unknown;
    const model::Object& object = snapshot.object();
    const auto claim = context_.view.object(object, "PersistentVolumeClaim", object.id().ns,
                                            snapshot.claim_name());
    return claim.get() == nullptr ? IsPortworx::Unknown
                                  : model::is_of_portworx(*claim.get(), context_.view);
  }

  IsPortworx of_selected_claims() const {
    const json::Value labels = object_.object().root().at("spec.pvcSelector.matchLabels");
    std::vector<IsPortworx> answers;
    for (const model::Object* other : others()) {
      const bool is_meant = model::is_claim(*other) && other->id().ns == object_.object().id().ns &&
                            has_labels(*other, labels);
      if (is_meant) answers.push_back(model::is_of_portworx(*other, context_.view));
    }
    return any_of(answers);
  }

  IsPortworx of_source() const {
    const json::Value spec = object_.object().root()["spec"];
    const std::string_view written = spec["sourceNamespace"].text();
    const std::string_view ns = written.empty() ? object_.object().id().ns : written;
    for (const model::Object* other : others()) {
      const auto snapshot = StorkObject::of(*other);
      const bool is_meant = snapshot && snapshot->is("VolumeSnapshot") && other->id().ns == ns &&
                            other->id().name == spec["sourceName"].text();
      if (is_meant) return of_claim(*snapshot);
    }
    return IsPortworx::Unknown;
  }

  std::vector<const model::Object*> others() const {
    const auto portworx = context_.view.portworx(object_.object());
    if (portworx.get() == nullptr) return {};
    return context_.view.dependents(portworx.get()->object()).objects;
  }

  const StorkObject& object_;
  const ContextBase& context_;
};

}  // namespace

IsPortworx subject_of_snapshot(const StorkObject& object, const ContextBase& context) {
  return Snapshot(object, context).is_of_portworx();
}

}  // namespace pxguard::rules
