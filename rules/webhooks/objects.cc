// to_objects(): the configurations as Kubernetes takes them.
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "rules/webhooks/webhooks.h"

namespace pxguard::webhooks {
namespace {

using Json = nlohmann::ordered_json;  // in the order in which people read it

Json resource_rule(const ResourceRule& rule) {
  return {{"apiGroups", {rule.group}},
          {"apiVersions", rule.versions},
          {"resources", rule.resources},
          {"operations", rule.operations},
          {"scope", rule.is_namespaced ? "Namespaced" : "Cluster"}};
}

Json client_config(const Client& client, std::string_view path) {
  Json config;
  if (client.url.empty()) {
    config["service"] = {{"namespace", client.service_namespace},
                         {"name", client.service_name},
                         {"path", path},
                         {"port", client.service_port}};
  } else {
    config["url"] = client.url + std::string(path);
  }
  if (!client.ca_bundle.empty()) config["caBundle"] = base64_encode(client.ca_bundle);
  return config;
}

// An object selector is not used: labels are the requester's, and taking one away would be a way
// out.
Json webhook(const Entry& entry, const Configurations& configurations, const Client& client) {
  Json json = {{"name", entry.name},
               {"failurePolicy", entry.failure_policy == FailurePolicy::Fail ? "Fail" : "Ignore"},
               {"timeoutSeconds", entry.timeout_seconds},
               {"sideEffects", "None"},
               {"matchPolicy", "Equivalent"},
               {"admissionReviewVersions", {"v1"}},
               {"clientConfig", client_config(client, entry.path)}};
  if (entry.name == kMutate) json["reinvocationPolicy"] = "IfNeeded";
  if (!configurations.excluded_namespace.empty()) {
    json["namespaceSelector"]["matchExpressions"] =
        Json::array({{{"key", "kubernetes.io/metadata.name"},
                      {"operator", "NotIn"},
                      {"values", {configurations.excluded_namespace}}}});
  }
  for (const ResourceRule& rule : entry.rules) json["rules"].push_back(resource_rule(rule));
  for (const Condition& condition : entry.conditions) {
    json["matchConditions"].push_back(
        {{"name", condition.name}, {"expression", condition.predicate.cel()}});
  }
  return json;
}

std::string configuration(std::string_view kind, const std::vector<Entry>& entries,
                          const Configurations& configurations, const Client& client) {
  Json json = {{"apiVersion", "admissionregistration.k8s.io/v1"},
               {"kind", kind},
               {"metadata",
                {{"name", kConfigurationName},
                 {"labels", {{"app.kubernetes.io/name", kConfigurationName}}}}}};
  json["webhooks"] = Json::array();
  for (const Entry& entry : entries)
    json["webhooks"].push_back(webhook(entry, configurations, client));
  return json.dump();
}

}  // namespace

std::vector<std::string> to_objects(const Configurations& configurations, const Client& client) {
  std::vector<std::string> objects;
  const auto add = [&](std::string_view kind, const std::vector<Entry>& entries) {
    if (!entries.empty()) objects.push_back(configuration(kind, entries, configurations, client));
  };
  add("ValidatingWebhookConfiguration", configurations.validating);
  add("MutatingWebhookConfiguration", configurations.mutating);
  return objects;
}

}  // namespace pxguard::webhooks
