#include "rules/policy/evaluate.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "rules/model/portworx_names.h"
#include "rules/policy/change.h"

namespace pxguard::policy {
namespace {

using rules::Acknowledgement;
using rules::Action;
using rules::Operation;
using rules::Severity;

std::string_view annotation_of(Acknowledgement acknowledgement) {
  switch (acknowledgement) {
    case Acknowledgement::None: return {};
    case Acknowledgement::Rotation: return model::kAcknowledgeRotation;
    case Acknowledgement::DisableSecurity: return model::kAcknowledgeDisable;
    case Acknowledgement::Delete: return model::kAcknowledgeDelete;
  }
  std::abort();
}

Severity strongest_for(Action action) {
  switch (action) {
    case Action::Deny: return Severity::Error;
    case Action::Warn: return Severity::Warning;
    case Action::Audit:
    case Action::Off: return Severity::Info;
  }
  std::abort();
}

// A reason that was not there before: one reason never permits the next change.
bool says(const Subject& subject, std::string_view annotation) {
  const std::string_view reason = trim(subject.object.annotation(annotation));
  if (reason.empty()) return false;
  return subject.old == nullptr || reason != trim(subject.old->annotation(annotation));
}

bool is_clean_up(const Subject& subject) {
  return subject.operation == Operation::Delete &&
         (subject.user == "system:serviceaccount:kube-system:namespace-controller" ||
          subject.user == "system:serviceaccount:kube-system:generic-garbage-collector");
}

// The controller, or the one that an update lets go of: a controller releases its own (a Pod with
// another label, a deletion that orphans), and would try again and again.
std::optional<model::Owner> controller_of(const Subject& subject) {
  auto owner = subject.object.controller();
  return owner || subject.old == nullptr ? owner : subject.old->controller();
}

// What a controller makes from a template that was judged when it was written: refusing it would
// stop a rollout or a node's reboot half-way.
bool is_made_from_template(const model::Object& object) {
  return object.kind() == "Pod" || object.kind() == "ReplicaSet" || object.kind() == "Job";
}

bool is_storage_cluster(const model::Owner& owner) {
  return owner.kind == "StorageCluster" &&
         owner.api_version.starts_with("core.libopenstorage.org/");
}

class Evaluation {
 public:
  Evaluation(const Subject& subject, const model::ClusterView& view, const Policy& policy, Time now,
             Mode mode)
      : subject_(subject), view_(view), policy_(policy), now_(now), mode_(mode) {}

  Verdict run() {
    for (const rules::Rule* rule : rules::catalogue()) {
      const auto entry = policy_.rules.find(rule);
      if (entry == policy_.rules.end() || entry->second.action != Action::Off)
        enabled_.push_back(rule);
    }
    const rules::Views views(subject_.object, view_);
    std::optional<rules::Views> old;
    if (subject_.old != nullptr) old.emplace(*subject_.old, old_view());
    rules::Applied applied = apply(enabled_, views, old ? &*old : nullptr,
                                   situation(subject_.object, view_, subject_.operation));
    if (old) compare_with(*old, views, applied);
    for (auto& [rule, finding] : applied.findings) judge(*rule, std::move(finding));
    for (auto& unverified : applied.unverified)
      verdict_.unverified.push_back(std::move(unverified));
    sort();
    return std::move(verdict_);
  }

 private:
  [[nodiscard]] bool is_admission() const { return mode_ == Mode::Admission; }

  // What an old version or an acknowledgement can make a warning: a denial, in files an error.
  [[nodiscard]] bool is_strong(const Judged& judged) const {
    return is_admission() ? judged.action == Action::Deny
                          : judged.finding.severity == Severity::Error;
  }

  [[nodiscard]] const model::ClusterView& old_view() const {
    return subject_.old_view != nullptr ? *subject_.old_view : view_;
  }

  [[nodiscard]] rules::Situation situation(const model::Object& object,
                                           const model::ClusterView& view,
                                           Operation operation) const {
    return {.object = object,
            .view = view,
            .settings = policy_.settings,
            .now = now_,
            .operation = operation,
            .moment = is_admission() ? rules::Moment::Admission : rules::Moment::Report};
  }

  void compare_with(const rules::Views& old, const rules::Views& views,
                    const rules::Applied& applied) {
    const rules::Applied before =
        apply(enabled_, old, nullptr, situation(*subject_.old, old_view(), Operation::Create));
    for (const auto& [rule, finding] : before.findings)
      old_faults_.insert(fault_key(*rule, finding));
    std::set<std::string> faults;
    for (const auto& [rule, finding] : applied.findings) faults.insert(fault_key(*rule, finding));
    gate_is_closed_ = policy_.upgrades == Upgrades::Gate &&
                      rolls_into_old_faults(old, views, old_faults_, faults);
  }

  void judge(const rules::Rule& rule, rules::Finding finding) {
    // What goes is judged by the rules about its going alone.
    if (subject_.operation == Operation::Delete && !finding.is_about_change) return;
    Judged judged{.rule = &rule, .finding = std::move(finding)};
    apply_policy(judged);
    if (is_admission() && judged.action == Action::Deny) lower_by_object(judged);
    if (is_strong(judged)) lower_by_change(judged);
    apply_exceptions(judged);
    if (judged.action == Action::Off && (is_admission() || judged.because == Because::Policy))
      return;
    if (is_admission() && judged.action == Action::Deny) verdict_.allowed = false;
    verdict_.findings.push_back(std::move(judged));
  }

  void apply_policy(Judged& judged) const {
    rules::Finding& finding = judged.finding;
    judged.action = policy_.action(*judged.rule, finding.severity);
    const auto entry = policy_.rules.find(judged.rule);
    if (entry != policy_.rules.end() && entry->second.action) {
      judged.because = Because::Policy;
      if (finding.severity != Severity::Info) finding.severity = strongest_for(judged.action);
    }
    if (judged.action <= finding.at_admission) return;
    judged.action = finding.at_admission;
    judged.because = Because::Absent;
  }

  void lower(Judged& judged, Because because, std::string note) const {
    judged.action = std::min(judged.action, Action::Warn);
    if (!is_admission()) judged.finding.severity = Severity::Warning;
    judged.because = because;
    judged.note = std::move(note);
  }

  void lower_by_object(Judged& judged) {
    const model::Object& object = subject_.object;
    const auto owner = controller_of(subject_);
    if (owner && is_storage_cluster(*owner)) {
      const std::string cluster = "StorageCluster " + printable(owner->name, 120);
      lower(judged, Because::OperatorOwned, "mend it in " + cluster + ", which owns this object");
      verdict_.unverified.push_back({judged.rule, "whether " + cluster + " owns this object"});
    } else if (std::find(policy_.trusted_controllers.begin(), policy_.trusted_controllers.end(),
                         subject_.user) != policy_.trusted_controllers.end()) {
      lower(judged, Because::TrustedController, "written by a trusted controller");
    } else if (is_clean_up(subject_)) {
      lower(judged, Because::CleanUp, "the cluster is cleaning up");
    } else if (subject_.operation == Operation::Update && object.is_being_deleted()) {
      lower(judged, Because::BeingDeleted, "the object is being deleted");
    } else if (policy_.controller_pods == ControllerPods::Warn && owner &&
               is_made_from_template(object)) {
      lower(judged, Because::ControllerPod,
            "mend it in " + printable(owner->kind, 60) + ' ' + printable(owner->name, 120) +
                ", which made this object");
    }
  }

  void lower_by_change(Judged& judged) const {
    const rules::Finding& finding = judged.finding;
    const std::string_view annotation = annotation_of(finding.acknowledgement);
    if (!annotation.empty()) {
      if (says(subject_, annotation)) {
        lower(judged, Because::Acknowledged, "acknowledged by " + std::string(annotation));
      } else {
        judged.note = "on purpose: annotate " + std::string(annotation) + " with a new reason";
      }
      return;
    }
    if (finding.is_about_change || old_faults_.empty() ||
        !old_faults_.contains(fault_key(*judged.rule, finding))) {
      return;
    }
    if (!gate_is_closed_ || !judged.rule->gates_upgrade) {
      lower(judged, Because::Ratchet, "the object had this fault before");
    } else if (says(subject_, model::kAcknowledgeUpgrade)) {
      lower(judged, Because::Acknowledged,
            "acknowledged by " + std::string(model::kAcknowledgeUpgrade));
    } else {
      judged.because = Because::Gate;
      judged.note = "this fault is live already; to roll out all the same, annotate " +
                    std::string(model::kAcknowledgeUpgrade) + " with a new reason";
    }
  }

  void apply_exceptions(Judged& judged) {
    if (judged.action == Action::Off) return;
    for (const Exception& exception : policy_.exceptions) {
      if (exception.rule != judged.rule || !exception.selector.matches(subject_.object)) continue;
      const bool expired = now_ >= exception.expires;
      verdict_.exceptions.push_back({&exception, expired});
      if (expired) continue;
      judged.action = std::min(judged.action, Action::Warn);
      judged.finding.severity = std::min(judged.finding.severity, Severity::Warning);
      judged.because = Because::Exception;
      judged.note =
          "exception until " + exception.expires_text + ": " + printable(exception.reason, 120);
    }
  }

  void sort() {
    sort_unverified();
    if (verdict_.findings.size() < 2) return;
    // With its path beside each: making it in every comparison would be most of the work.
    std::vector<std::pair<std::string, Judged>> keyed;
    keyed.reserve(verdict_.findings.size());
    for (Judged& judged : verdict_.findings) {
      std::string path = judged.finding.at.display();
      keyed.emplace_back(std::move(path), std::move(judged));
    }
    std::stable_sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
      if (a.second.finding.severity != b.second.finding.severity) {
        return a.second.finding.severity > b.second.finding.severity;
      }
      return std::tie(a.first, a.second.rule->id) < std::tie(b.first, b.second.rule->id);
    });
    verdict_.findings.clear();
    for (auto& [path, judged] : keyed) verdict_.findings.push_back(std::move(judged));
  }

  void sort_unverified() {
    auto& unverified = verdict_.unverified;
    std::sort(unverified.begin(), unverified.end(), [](const auto& a, const auto& b) {
      return std::tie(a.rule->id, a.needs) < std::tie(b.rule->id, b.needs);
    });
    const auto same = [](const auto& a, const auto& b) {
      return a.rule == b.rule && a.needs == b.needs;
    };
    unverified.erase(std::unique(unverified.begin(), unverified.end(), same), unverified.end());
  }

  const Subject& subject_;
  const model::ClusterView& view_;
  const Policy& policy_;
  const Time now_;
  const Mode mode_;
  std::vector<const rules::Rule*> enabled_;
  std::set<std::string> old_faults_;
  bool gate_is_closed_ = false;
  Verdict verdict_;
};

}  // namespace

std::string_view Judged::message() const {
  return finding.message.empty() ? rule->title : finding.message;
}
std::string_view Judged::why() const { return finding.why.empty() ? rule->rationale : finding.why; }
std::string_view Judged::fix() const { return finding.fix.empty() ? rule->fix : finding.fix; }

Verdict evaluate(const Subject& subject, const model::ClusterView& view, const Policy& policy,
                 Time now, Mode mode) {
  // scale carries a number of replicas, status what a controller saw: neither is configuration.
  if (!subject.subresource.empty() && subject.subresource != "ephemeralcontainers") return {};
  if (subject.operation == Operation::Connect) return {};
  return Evaluation(subject, view, policy, now, mode).run();
}

}  // namespace pxguard::policy
