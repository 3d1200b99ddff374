#include "cli/repair_files.h"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "cli/edit/patch_source.h"
#include "cli/manifest/collect.h"
#include "rules/policy/change.h"

namespace pxguard::cli {
namespace {

using policy::Judged;
using rules::Repair;
using rules::Severity;

// Each judges all of the files again.
constexpr int kMostTries = 200;

// A finding, in whatever version of the files: edits keep the number of objects and their order.
struct Fault {
  std::size_t object = 0;
  std::string key{};
  bool operator==(const Fault&) const = default;
  bool operator<(const Fault& other) const {
    return std::tie(object, key) < std::tie(other.object, other.key);
  }
};

// The files as they are, and what is wrong with them.
struct Files {
  manifest::Input input{};
  std::unique_ptr<manifest::ManifestSet> set{};
  std::vector<policy::Verdict> verdicts{};
  std::map<Fault, Severity> faults{};
  std::vector<SecretToMake> secrets{};  // what literals would need
};

struct Chosen {
  Fault fault{};
  const Judged* judged = nullptr;
};

bool is_operator_owned(const model::Object& object) {
  return object.has_owner("core.libopenstorage.org", "StorageCluster");
}

class Repairer {
 public:
  explicit Repairer(const RepairRequest& request) : request_(request) {}

  RepairedFiles run() {
    result_.before = manifest::ManifestSet::made(request_.input, request_.reading);
    state_ = judged(request_.input);
    result_.secrets = state_.secrets;
    for (bool is_moving = true; is_moving && tries_ < kMostTries;) {
      const auto faults = repairable();
      const std::size_t known = refused_.size() + alone_.size();
      is_moving = !faults.empty() && (attempt(faults) || refused_.size() + alone_.size() > known);
    }
    finish();
    return std::move(result_);
  }

 private:
  // --- What is wrong ----------------------------------------------------------------------------

  [[nodiscard]] Files judged(manifest::Input input) const {
    Files state;
    state.input = input;
    state.set = manifest::ManifestSet::made(std::move(input), request_.reading);
    std::size_t index = 0;
    for (const model::Object& object : state.set->objects()) {
      auto verdict = policy::evaluate({.object = object}, *state.set, request_.policy, request_.now,
                                      policy::Mode::Check);
      for (Judged& found : verdict.findings) take_literal(found, object, state);
      for (const Judged& found : verdict.findings) {
        const Fault fault{index, policy::fault_key(*found.rule, found.finding)};
        Severity& severity = state.faults.emplace(fault, found.finding.severity).first->second;
        severity = std::max(severity, found.finding.severity);
      }
      state.verdicts.push_back(std::move(verdict));
      ++index;
    }
    return state;
  }

  void take_literal(Judged& found, const model::Object& object, Files& state) const {
    auto made = literal_repair(found, object, *state.set, request_.policy.settings);
    if (!made) return;
    found.finding.repair = std::move(made->repair);
    state.secrets.push_back(std::move(made->secret));
  }

  [[nodiscard]] bool is_asked_for(const rules::Rule* rule) const {
    return std::find(request_.only.begin(), request_.only.end(), rule) != request_.only.end();
  }

  // Why this finding is none that is repaired; "" where it may be.
  [[nodiscard]] std::string reason_against(const model::Object& object, const Judged& found) const {
    const Repair& repair = found.finding.repair;
    if (found.because == policy::Because::Exception) return "the policy makes an exception of it";
    if (!request_.only.empty() && !is_asked_for(found.rule)) return "not asked for with --rule";
    if (repair.empty()) return "no single repair is right: " + std::string(found.fix());
    if (is_operator_owned(object)) return "mend it in the StorageCluster that owns this object";
    if (repair.use == Repair::Use::Request && !is_asked_for(found.rule) &&
        found.rule->id == "PXS105")
      return "make its Secret first, as shown below; then: pxguard fix --rule PXS105 --write";
    if (repair.use == Repair::Use::Request && !is_asked_for(found.rule))
      return "it may be there on purpose: ask for it with --rule " + std::string(found.rule->id);
    return {};
  }

  [[nodiscard]] std::vector<Fault> repairable() const {
    std::vector<Fault> faults;
    for (std::size_t i = 0; i < state_.verdicts.size(); ++i) {
      const model::Object& object = state_.set->objects()[i];
      for (const Judged& found : state_.verdicts[i].findings) {
        const Fault fault{i, policy::fault_key(*found.rule, found.finding)};
        if (reason_against(object, found).empty() && !refused_.contains(fault))
          faults.push_back(fault);
      }
    }
    return faults;
  }

  // --- What is tried ----------------------------------------------------------------------------

  // True where something was made. Halves are tried where the whole makes something else wrong.
  bool attempt(std::span<const Fault> faults) {
    if (++tries_ > kMostTries) {
      for (const Fault& fault : faults) refuse(fault, "too much is wrong to try every repair");
      return false;
    }
    const auto made = change(faults);
    if (made.empty()) return false;
    Files after = judged(std::move(changed_));
    const std::string worse = what_is_worse(made, after);
    if (worse.empty()) {
      accept(made, std::move(after));
      return true;
    }
    if (made.size() == 1) {
      refuse(made.front(), worse);
      return false;
    }
    const auto half = static_cast<std::ptrdiff_t>(made.size() / 2);
    const bool first = attempt(std::vector(made.begin(), made.begin() + half));
    const bool second = attempt(std::vector(made.begin() + half, made.end()));
    return first || second;
  }

  void refuse(const Fault& fault, std::string why) { refused_.emplace(fault, std::move(why)); }

  // The findings of one object that go together, as one patch.
  rules::JsonPatch composed(std::size_t object, std::span<const Fault> faults,
                            std::vector<Fault>& made) {
    std::vector<rules::Edit> edits;
    rules::JsonPatch patch;
    for (const Judged& found : state_.verdicts[object].findings) {
      const Fault fault{object, policy::fault_key(*found.rule, found.finding)};
      const bool is_wanted = std::find(faults.begin(), faults.end(), fault) != faults.end();
      if (!is_wanted || !reason_against(state_.set->objects()[object], found).empty()) continue;
      if (alone_.contains(fault) && !made.empty()) continue;
      std::vector<rules::Edit> more = edits;
      more.insert(more.end(), found.finding.repair.edits.begin(), found.finding.repair.edits.end());
      auto next = rules::compose(more, state_.set->objects()[object].root());
      if (!next) {
        // With others it may fit later; alone it never will.
        if (edits.empty()) refuse(fault, next.error().message);
        continue;
      }
      edits = std::move(more);
      patch = std::move(next).value();
      if (made.empty() || made.back() != fault) made.push_back(fault);
    }
    return patch;
  }

  // What was made of these, in changed_.
  std::vector<Fault> change(std::span<const Fault> faults) {
    std::map<std::string, std::vector<edit::ObjectPatch>> patches;
    std::map<std::string, std::vector<std::vector<Fault>>> faults_of;
    for (std::size_t i = 0; i < state_.verdicts.size(); ++i) {
      std::vector<Fault> made;
      auto patch = composed(i, faults, made);
      if (patch.empty()) continue;
      const model::Object& object = state_.set->objects()[i];
      patches[object.file()].push_back({&object, std::move(patch)});
      faults_of[object.file()].push_back(std::move(made));
    }
    changed_ = state_.input;
    std::vector<Fault> all;
    for (manifest::Text& text : changed_.texts) {
      const auto of_file = patches.find(text.file);
      if (of_file == patches.end()) continue;
      auto patched = edit::patch_source(text.content, of_file->second);
      for (std::size_t i = 0; i < of_file->second.size(); ++i) {
        const auto& made = faults_of[text.file][i];
        if (patched.refusals[i].empty()) {
          all.insert(all.end(), made.begin(), made.end());
        } else {
          refuse_some(made, patched.refusals[i]);
        }
      }
      text.content = std::move(patched.text);
    }
    return all;
  }

  // One of several that cannot be written must not keep the others from being so.
  void refuse_some(const std::vector<Fault>& made, const std::string& why) {
    if (made.size() == 1) return refuse(made.front(), "it cannot be edited here: " + why);
    alone_.insert(made.begin(), made.end());
  }

  // --- Whether it was right ---------------------------------------------------------------------

  [[nodiscard]] std::string what_is_worse(const std::vector<Fault>& made,
                                          const Files& after) const {
    Severity least = Severity::Error;
    for (const Fault& fault : made) {
      if (after.faults.contains(fault)) return "it would not be enough";
      const auto before = state_.faults.find(fault);
      if (before != state_.faults.end()) least = std::min(least, before->second);
    }
    for (const auto& [fault, severity] : after.faults) {
      if (severity == Severity::Info || state_.faults.contains(fault)) continue;
      if (severity >= least)
        return "it would make " + fault.key.substr(0, fault.key.find(' ')) + " of " +
               after.set->objects()[fault.object].id().display();
    }
    return {};
  }

  void accept(const std::vector<Fault>& made, Files after) {
    for (const Fault& fault : made) {
      for (const Judged& found : state_.verdicts[fault.object].findings) {
        if (policy::fault_key(*found.rule, found.finding) != fault.key) continue;
        result_.mended.push_back(treated(fault.object, found, {}));
        for (const rules::Edit& edit : found.finding.repair.edits) learn(edit.value);
      }
    }
    state_ = std::move(after);
  }

  void learn(std::string_view json) {
    const auto document = json::Document::parse(json);
    if (document) learn(document->root());
  }

  // Values of repairs are shallow.
  void learn(json::Value value) {
    if (value.is_string()) result_.public_texts.emplace(value.text());
    for (const json::Value element : value.elements()) learn(element);
    for (const auto& [key, member, node] : value.members()) learn(member);
  }

  [[nodiscard]] Treated treated(std::size_t index, const Judged& found, std::string why_not) const {
    const model::Object& object = state_.set->objects()[index];
    return {.file = object.file(),
            .line = object.mark(found.finding.at.pointer()).line,
            .object = object.id(),
            .rule = std::string(found.rule->id),
            .severity = found.finding.severity,
            .message = std::string(found.message()),
            .path = found.finding.at.display(),
            .why_not = std::move(why_not),
            .is_made_anew = found.finding.repair.use == Repair::Use::Creation};
  }

  void finish() {
    for (std::size_t i = 0; i < state_.verdicts.size(); ++i) {
      for (const Judged& found : state_.verdicts[i].findings) {
        const Fault fault{i, policy::fault_key(*found.rule, found.finding)};
        std::string why = reason_against(state_.set->objects()[i], found);
        const auto refused = refused_.find(fault);
        if (why.empty()) why = refused != refused_.end() ? refused->second : "run it once more";
        result_.left.push_back(treated(i, found, std::move(why)));
      }
    }
    for (std::size_t i = 0; i < state_.input.texts.size(); ++i) {
      const manifest::Text& text = state_.input.texts[i];
      if (text.content != request_.input.texts[i].content)
        result_.texts.emplace(text.file, text.content);
    }
    result_.after = std::move(state_.set);
    result_.verdicts = std::move(state_.verdicts);
  }

  const RepairRequest& request_;
  RepairedFiles result_;
  Files state_;
  manifest::Input changed_;
  std::map<Fault, std::string> refused_;
  std::set<Fault> alone_;
  int tries_ = 0;
};

}  // namespace

RepairedFiles repair_files(const RepairRequest& request) { return Repairer(request).run(); }

}  // namespace pxguard::cli
