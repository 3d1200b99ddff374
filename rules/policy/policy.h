// What a site has decided: which findings deny, which only warn, and what is exempt until when.
//
// Threads: immutable once made; any number may read.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/catalogue.h"
#include "rules/rule.h"

namespace pxguard::policy {

using Time = std::chrono::system_clock::time_point;

struct RuleEntry {
  std::optional<rules::Action> action;  // none: the default of the finding's severity
  bool mutate = false;
};

// Empty fields match anything; kind, namespace and name may be given, and labels.
struct ObjectSelector {
  std::string kind{};
  std::string ns{};
  std::string name{};
  std::map<std::string, std::string> labels{};

  [[nodiscard]] bool matches(const model::Object& object) const;
};

struct Exception {
  const rules::Rule* rule = nullptr;
  ObjectSelector selector{};
  std::string reason{};
  Time expires{};              // the end of the day that the file names, UTC
  std::string expires_text{};  // as written
};

enum class Upgrades { Gate, Ratchet };
enum class ControllerPods { Warn, Deny };

struct Policy {
  // The documented defaults: what holds without a policy file.
  static Policy defaults();

  Upgrades upgrades = Upgrades::Gate;
  ControllerPods controller_pods = ControllerPods::Warn;
  std::map<const rules::Rule*, RuleEntry> rules;
  std::vector<Exception> exceptions;
  std::vector<std::string> trusted_controllers;  // user names; {"*"} is never allowed
  std::vector<std::string> secrets;              // names that pxguard may read
  std::string failure_policy = "Fail";
  std::string activation = "auto";
  rules::Settings settings;
  std::string hash;  // of the file's text; "default" without one

  [[nodiscard]] rules::Action action(const rules::Rule& rule, rules::Severity severity) const;
};

}  // namespace pxguard::policy
