// What a rule says: where, what was found, what was wanted, why it matters and how to mend it. A
// finding owns its text, and knows neither its rule nor what will be done about it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/edit.h"
#include "rules/model/field_path.h"
#include "rules/model/object.h"

namespace pxguard::rules {

enum class Severity { Info, Warning, Error };

// What is done about a finding. The order is that of strength.
enum class Action { Off, Audit, Warn, Deny };

// What has to be said on an object (an annotation with a new reason) to do a thing on purpose.
enum class Acknowledgement { None, Rotation, DisableSecurity, Delete };

std::string_view to_string(Severity severity);
std::string_view to_string(Action action);

struct Finding {
  model::FieldPath at;
  Severity severity = Severity::Error;
  // One sentence without full stop: the bad thing as it stands. "" is the rule's title.
  std::string message{};
  std::string found{};
  std::string want{};
  std::string why{};  // "" is the rule's
  std::string fix{};  // "" is the rule's
  // The strongest action at admission, whatever the policy: a leader is only warned about its
  // follower, absence of another object never denies.
  Action at_admission = Action::Deny;
  // What the finding refers to, besides its place: another reference is another finding.
  std::string reference{};
  Acknowledgement acknowledgement = Acknowledgement::None;
  // About a change of the object: it cannot have been there before.
  bool is_about_change = false;
  // What mends it, where one thing is right and nothing has to be asked.
  Repair repair{};
};

using Findings = std::vector<Finding>;

}  // namespace pxguard::rules
