// From one object to a verdict: rules find, the policy decides. The same function in the webhook,
// in CI and in an audit; no I/O, no clock, no log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/apply.h"
#include "rules/policy/policy.h"

namespace pxguard::policy {

enum class Mode {
  Admission,  // the action decides; ratchet, gate and acknowledgements apply
  // The severity decides. Every object as if created; beside an old version (check --against) as
  // if changed: ratchet, gate and acknowledgements then make an error a warning.
  Check,
};

struct Subject {
  const model::Object& object;         // on DELETE the object that goes
  const model::Object* old = nullptr;  // on UPDATE
  rules::Operation operation = rules::Operation::Create;
  // What lay beside `old`; null where only one view is known, as at admission. A fault of a pair is
  // old if the old pair had it: whoever changes one half is told on the other.
  const model::ClusterView* old_view = nullptr;
  std::string_view user{};
  std::string_view subresource{};
};

// Why the action of a finding is weaker (or stronger) than its severity asks for.
enum class Because {
  Nothing,
  Policy,         // a policy entry for the rule
  Absent,         // the finding itself: absence, leader before follower
  OperatorOwned,  // fix the StorageCluster instead
  TrustedController,
  ControllerPod,  // refusing it would turn a node's reboot into an outage
  BeingDeleted,
  CleanUp,  // by the namespace or garbage collector
  Ratchet,  // the object had it before
  Gate,     // it had it before, but this change rolls the pods
  Acknowledged,
  Exception,
};

struct Judged {
  const rules::Rule* rule = nullptr;
  rules::Finding finding{};
  rules::Action action = rules::Action::Deny;
  Because because = Because::Nothing;
  std::string note{};  // for people: the reason of an exception, the way out of the gate

  // The finding's own words, or the rule's.
  [[nodiscard]] std::string_view message() const;
  [[nodiscard]] std::string_view why() const;
  [[nodiscard]] std::string_view fix() const;
};

struct ExceptionUsed {
  const Exception* exception = nullptr;  // of the policy
  bool expired = false;                  // it would have applied, but no longer does
};

struct Verdict {
  bool allowed = true;
  std::vector<Judged> findings;                   // most severe first; those that are Off left out
  std::vector<rules::RuleUnverified> unverified;  // by rule, then by what is needed
  std::vector<ExceptionUsed> exceptions;
};

// Lifetime: the verdict refers to rules and to `policy`.
Verdict evaluate(const Subject& subject, const model::ClusterView& view, const Policy& policy,
                 Time now, Mode mode);

}  // namespace pxguard::policy
