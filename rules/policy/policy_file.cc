#include "rules/policy/policy_file.h"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/fnv1a.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "rules/policy/policy_defaults.h"
#include "rules/policy/policy_reader.h"
#include "rules/policy/policy_schema.h"

namespace pxguard::policy {
namespace {

std::vector<std::string> texts(json::Value list) {
  std::vector<std::string> result;
  for (const json::Value element : list.elements()) result.emplace_back(element.text());
  return result;
}

rules::Action action_of(json::Value value) {
  for (const auto action : {rules::Action::Audit, rules::Action::Warn, rules::Action::Deny}) {
    if (rules::to_string(action) == value.text()) return action;
  }
  return rules::Action::Off;  // `off` without quotes is false
}

RuleEntry rule_entry(json::Value value) {
  if (!value.is_object()) return {.action = action_of(value), .mutate = false};
  RuleEntry entry{.action = std::nullopt, .mutate = value["mutate"].boolean_or(false)};
  if (value["action"]) entry.action = action_of(value["action"]);
  return entry;
}

// REQUIRES: YYYY-MM-DD
Time end_of_day(std::string_view date) {
  const auto number = [&](std::size_t at, std::size_t size) {
    int result = 0;
    std::from_chars(date.data() + at, date.data() + at + size, result);
    return result;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  return std::chrono::sys_days(day) + std::chrono::days(1);
}

ObjectSelector selector(json::Value object) {
  ObjectSelector result{.kind = std::string(object["kind"].text()),
                        .ns = std::string(object["namespace"].text()),
                        .name = std::string(object["name"].text()),
                        .labels = {}};
  for (const auto& [key, value, node] : object["labels"].members()) {
    result.labels.emplace(key, value.text());
  }
  return result;
}

Exception exception(json::Value entry) {
  return {.rule = rules::find_rule(entry["rule"].text()),
          .selector = selector(entry["object"]),
          .reason = std::string(entry["reason"].text()),
          .expires = end_of_day(entry["expires"].text()),
          .expires_text = std::string(entry["expires"].text())};
}

rules::Settings settings(json::Value root) {
  rules::Settings result = Policy::defaults().settings;
  const json::Value portworx = root["portworx"];
  result.portworx_namespace = portworx["namespace"].text();
  if (portworx["keySecrets"]) result.key_secrets = texts(portworx["keySecrets"]);
  result.wanted_guest_access = root["guestAccess"].text();
  result.security_always = root["require"].text() == "Always";
  result.crds_master = root["crds"].text() == "master";
  result.public_classes = texts(root["publicClasses"]);
  return result;
}

std::vector<std::string> trusted_controllers(json::Value root,
                                             const std::string& portworx_namespace) {
  if (root["trustedControllers"]) return texts(root["trustedControllers"]);
  if (portworx_namespace.empty()) return Policy::defaults().trusted_controllers;
  return trusted_controllers_in({&portworx_namespace, 1});
}

// REQUIRES: `root` is as policy_shape() wants it
Policy policy_of(json::Value root) {
  Policy policy = Policy::defaults();
  policy.settings = settings(root);
  if (root["upgrades"].text() == "Ratchet") policy.upgrades = Upgrades::Ratchet;
  if (root["controllerPods"].text() == "Deny") policy.controller_pods = ControllerPods::Deny;
  for (const auto& [word, value, node] : root["rules"].members()) {
    policy.rules.emplace(rules::find_rule(word), rule_entry(value));
  }
  for (const json::Value entry : root["exceptions"].elements()) {
    policy.exceptions.push_back(exception(entry));
  }
  policy.trusted_controllers = trusted_controllers(root, policy.settings.portworx_namespace);
  policy.secrets =
      root["secrets"] ? texts(root["secrets"]) : readable_secrets(policy.settings.key_secrets);
  const json::Value webhook = root["webhook"];
  if (webhook["failurePolicy"]) policy.failure_policy = webhook["failurePolicy"].text();
  if (webhook["activation"]) policy.activation = webhook["activation"].text();
  return policy;
}

Error invalid(int line, std::string message) {
  return {Error::Code::Invalid, std::move(message), line};
}

// A file of another kind: what its fields should be is not worth a word.
bool is_something_else(json::Value root) {
  const std::string_view kind = root["kind"].text();
  return !kind.empty() && kind != kPolicyKind &&
         !root["apiVersion"].text().starts_with("pxguard.io/");
}

std::vector<Error> errors_in(const std::vector<yaml::Document>& documents) {
  std::vector<Error> errors;
  for (const yaml::Document& document : documents) {
    if (document.error) errors.push_back(*document.error);
  }
  if (documents.empty()) {
    errors.push_back(invalid(1, fmt::format("the file is empty, want apiVersion: {}, kind: {}",
                                            kApiVersion, kPolicyKind)));
  }
  if (documents.size() > 1) {
    errors.push_back(
        invalid(documents[1].line, "a second document, want one document in a policy file"));
  }
  return errors;
}

}  // namespace

ParsedPolicy parse_policy(std::string_view text) {
  ParsedPolicy result{.policy = Policy::defaults(), .errors = {}};
  if (text.size() > limits::kPolicyFile) {
    result.errors.push_back({Error::Code::TooLarge, fmt::format("the file is larger than {} MiB",
                                                                limits::kPolicyFile >> 20)});
    return result;
  }
  const auto documents = yaml::read(text);
  result.errors = errors_in(documents);
  if (!result.errors.empty()) return result;

  const auto document = json::Document::parse(documents[0].json);
  if (!document) {
    result.errors.push_back(invalid(documents[0].line, document.error().message));
    return result;
  }
  if (is_something_else(document->root())) {
    result.errors.push_back(
        invalid(documents[0].line, fmt::format("not a policy, want apiVersion: {}, kind: {}; of a "
                                               "ConfigMap give the text under data",
                                               kApiVersion, kPolicyKind)));
    return result;
  }
  result.errors = problems_of(*document, documents[0].marks, policy_shape());
  if (!result.errors.empty()) return result;
  result.policy = policy_of(document->root());
  result.policy.hash = fnv1a_text(text);
  return result;
}

}  // namespace pxguard::policy
