#include "rules/rule.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "rules/catalogue.h"
#include "rules/model/portworx_names.h"

namespace pxguard::rules {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Info: return "info";
    case Severity::Warning: return "warning";
    case Severity::Error: return "error";
  }
  std::abort();
}

std::string_view to_string(Action action) {
  switch (action) {
    case Action::Off: return "off";
    case Action::Audit: return "audit";
    case Action::Warn: return "warn";
    case Action::Deny: return "deny";
  }
  std::abort();
}

bool ContextBase::is_missing(const model::Setting& setting) const {
  if (setting.is_maybe()) unverified(setting.needs);
  return setting.is_absent();
}

bool ContextBase::is_provided(const model::Setting& setting) const {
  if (setting.is_maybe()) unverified(setting.needs);
  return setting.is_provided();
}

bool Settings::names_key_secret(std::string_view name) const {
  return name == model::kSystemSecrets || name == model::kSharedSecretName ||
         name == model::kManualKeys ||
         std::find(key_secrets.begin(), key_secrets.end(), name) != key_secrets.end();
}

namespace {

template <class Config>
bool is_patch(const Config& config, const ContextBase& context) {
  if (config.is_fragment()) {
    context.unverified(
        "the whole manifest: this container has no image, so it is a patch of another");
  }
  return config.is_fragment();
}

}  // namespace

bool is_fragment(const model::PortworxConfig& portworx, const ContextBase& context) {
  return is_patch(portworx, context);
}

bool is_fragment(const model::StorkConfig& stork, const ContextBase& context) {
  return is_patch(stork, context);
}

bool is_on(const model::PortworxConfig& portworx, const ContextBase& context) {
  if (portworx.security() != model::Security::Maybe)
    return portworx.security() == model::Security::On;
  if (!context.settings.assume_security) context.unverified(portworx.security_needs());
  return context.settings.assume_security;
}

std::vector<const Rule*> catalogue_by_id() {
  std::vector<const Rule*> rules(catalogue().begin(), catalogue().end());
  std::sort(rules.begin(), rules.end(), [](const Rule* a, const Rule* b) { return a->id < b->id; });
  return rules;
}

const Rule* find_rule(std::string_view id_or_name) {
  const std::string wanted = lower(id_or_name);
  for (const Rule* rule : catalogue()) {
    if (lower(rule->id) == wanted || rule->name == wanted) return rule;
  }
  return nullptr;
}

std::vector<std::string_view> rule_words() {
  std::vector<std::string_view> words;
  for (const Rule* rule : catalogue_by_id()) {
    words.push_back(rule->id);
    words.push_back(rule->name);
  }
  return words;
}

}  // namespace pxguard::rules
