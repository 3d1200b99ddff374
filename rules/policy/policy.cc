#include "rules/policy/policy.h"

#include <algorithm>
#include <cstdlib>

#include "rules/model/portworx_names.h"
#include "rules/policy/policy_defaults.h"

namespace pxguard::policy {
namespace {

using rules::Action;
using rules::Severity;

Action default_action(Severity severity) {
  switch (severity) {
    case Severity::Error: return Action::Deny;
    case Severity::Warning: return Action::Warn;
    case Severity::Info: return Action::Audit;
  }
  std::abort();
}

bool fits(const std::string& wanted, std::string_view found) {
  return wanted.empty() || wanted == found;
}

}  // namespace

std::vector<std::string> usual_portworx_namespaces() {
  return {std::string(model::kDefaultPxNamespace), "portworx"};
}

std::vector<std::string> trusted_controllers_in(std::span<const std::string> namespaces) {
  std::vector<std::string> users;
  for (const std::string& ns : namespaces) {
    users.push_back("system:serviceaccount:" + ns + ":portworx-operator");
    users.push_back("system:serviceaccount:" + ns + ":stork");
  }
  return users;
}

std::vector<std::string> readable_secrets(std::span<const std::string> key_secrets) {
  std::vector<std::string> names;
  for (const std::string_view name :
       {model::kSystemSecrets, model::kSharedSecretName, model::kAdminToken, model::kUserToken}) {
    names.emplace_back(name);
  }
  names.insert(names.end(), key_secrets.begin(), key_secrets.end());
  return names;
}

Policy Policy::defaults() {
  Policy policy;
  policy.settings.key_secrets = {std::string(model::kManualKeys)};
  policy.trusted_controllers = trusted_controllers_in(usual_portworx_namespaces());
  policy.secrets = readable_secrets(policy.settings.key_secrets);
  policy.hash = kHashWithoutFile;
  return policy;
}

Action Policy::action(const rules::Rule& rule, Severity severity) const {
  const auto entry = rules.find(&rule);
  const bool is_set = entry != rules.end() && entry->second.action.has_value();
  if (!is_set) return default_action(severity);
  const Action action = *entry->second.action;
  const bool raises_info = severity == Severity::Info && action == Action::Deny;
  return raises_info ? default_action(severity) : action;
}

bool ObjectSelector::matches(const model::Object& object) const {
  return fits(kind, object.kind()) && fits(ns, object.id().ns) && fits(name, object.id().name) &&
         std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
           const json::Value value = object.metadata()["labels"][label.first];
           return value.is_string() && value.text() == label.second;
         });
}

}  // namespace pxguard::policy
