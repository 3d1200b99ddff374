#include "cluster/webhook_configuration.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/json_copy.h"
#include "base/text.h"

namespace pxguard::cluster {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kFail = "Fail";

Resource configurations(std::string plural, std::string kind) {
  return {.group = "admissionregistration.k8s.io",
          .plural = std::move(plural),
          .kind = std::move(kind),
          .is_namespaced = false};
}

// What the API server fills in (admissionregistration.k8s.io/v1).
void fill_defaults(Json& entry, bool is_mutating) {
  const auto fill = [](Json& object, const char* field, Json value) {
    if (!object.contains(field) || object[field].is_null()) object[field] = std::move(value);
  };
  fill(entry, "failurePolicy", kFail);
  fill(entry, "matchPolicy", "Equivalent");
  fill(entry, "timeoutSeconds", 10);
  fill(entry, "namespaceSelector", Json::object());
  fill(entry, "objectSelector", Json::object());
  fill(entry, "matchConditions", Json::array());
  fill(entry, "clientConfig", Json::object());
  if (is_mutating) fill(entry, "reinvocationPolicy", "Never");
  fill(entry, "rules", Json::array());
  for (Json& rule : entry["rules"]) fill(rule, "scope", "*");
  if (entry["clientConfig"].contains("service"))
    fill(entry["clientConfig"]["service"], "port", 443);
}

std::map<std::string, Json> entries_of(const std::string& text) {
  std::map<std::string, Json> entries;
  Json object = Json::parse(text, nullptr, false);
  if (!object.is_object() || !object.contains("webhooks")) return entries;
  const bool is_mutating = object.value("kind", "") == mutating_configurations().kind;
  for (Json& entry : object["webhooks"]) {
    fill_defaults(entry, is_mutating);
    entries.emplace(entry.value("name", ""), std::move(entry));
  }
  return entries;
}

void compare(const std::string& name, const Json& live, const Json& wanted,
             std::vector<std::string>& found) {
  for (const auto& [field, value] : wanted.items()) {
    if (!live.contains(field) || live[field] != value) found.push_back(name + ' ' + field);
  }
  for (const auto& [field, value] : live.items()) {
    if (!wanted.contains(field)) found.push_back(name + ' ' + field);
  }
}

// Of all entries but how they fail, which others than pxguard may open. FNV-1a.
std::string content_hash(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (auto& [name, entry] : entries_of(text)) {
    Json fields = entry;
    fields.erase("failurePolicy");
    for (const char c : name + fields.dump())
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return fmt::format("{:016x}", hash);
}

void add_metadata(Json& object, std::string_view version,
                  const std::optional<ConfigurationOwner>& owner) {
  Json& metadata = object["metadata"];
  metadata["labels"]["app.kubernetes.io/name"] = "pxguard";
  metadata["labels"]["app.kubernetes.io/managed-by"] = "pxguard";
  if (!version.empty()) metadata["resourceVersion"] = version;
  if (!owner) return;
  metadata["ownerReferences"] = {{{"apiVersion", "rbac.authorization.k8s.io/v1"},
                                  {"kind", "ClusterRole"},
                                  {"name", owner->name},
                                  {"uid", owner->uid}}};
}

}  // namespace

const Resource& validating_configurations() {
  static const Resource resource =
      configurations("validatingwebhookconfigurations", "ValidatingWebhookConfiguration");
  return resource;
}

const Resource& mutating_configurations() {
  static const Resource resource =
      configurations("mutatingwebhookconfigurations", "MutatingWebhookConfiguration");
  return resource;
}

WebhookConfiguration WebhookConfiguration::of(const Resource& resource, std::string name,
                                              json::Value object) {
  WebhookConfiguration read{
      .resource = &resource,
      .name = std::move(name),
      .exists = true,
      .version = std::string(object.at("metadata.resourceVersion").text()),
      .json =
          Json{{"kind", resource.kind}, {"webhooks", json::copy_of(object["webhooks"])}}.dump()};
  read.is_by_pxguard =
      object.at("metadata.annotations")[kContentHash].text() == content_hash(read.json);
  for (const json::Value entry : object["webhooks"].elements()) {
    const auto pem = base64_decode(entry.at("clientConfig.caBundle").text());
    read.entries.push_back({.name = std::string(entry["name"].text()),
                            .bundle = pem.value_or(""),
                            .is_closed = entry["failurePolicy"].text() != "Ignore"});
  }
  return read;
}

Answer<WebhookConfiguration> read_configuration(Client& client, const Resource& resource,
                                                std::string_view name) {
  auto found = client.get(resource, "", name);
  if (found) return WebhookConfiguration::of(resource, std::string(name), found->root());
  if (found.error().kind != Failure::Kind::NotFound) return found.error();
  return WebhookConfiguration{.resource = &resource, .name = std::string(name)};
}

WantedConfiguration::WantedConfiguration(std::string object) : json(std::move(object)) {
  const Json parsed = Json::parse(json, nullptr, false);
  const bool is_mutating = parsed.value("kind", "") == mutating_configurations().kind;
  resource = is_mutating ? &mutating_configurations() : &validating_configurations();
  name = parsed["metadata"].value("name", "");
  for (const auto& [entry, fields] : entries_of(json))
    may_close = may_close || fields["failurePolicy"] == kFail;
}

WantedConfiguration WantedConfiguration::opened() const {
  Json object = Json::parse(json, nullptr, false);
  for (Json& entry : object["webhooks"]) entry["failurePolicy"] = "Ignore";
  return WantedConfiguration(object.dump());
}

bool is_closed(const WebhookConfiguration& live, const WantedConfiguration& wanted) {
  for (const auto& [name, fields] : entries_of(wanted.json)) {
    if (fields["failurePolicy"] != kFail) continue;
    const bool is_there = std::any_of(live.entries.begin(), live.entries.end(),
                                      [&wanted_name = name](const WebhookEntry& entry) {
                                        return entry.name == wanted_name && entry.is_closed;
                                      });
    if (!is_there) return false;
  }
  return true;
}

std::vector<std::string> differences(const WebhookConfiguration& live,
                                     const WantedConfiguration& wanted) {
  std::vector<std::string> found;
  const auto there = entries_of(live.json);
  const auto ours = entries_of(wanted.json);
  for (const auto& [name, fields] : ours) {
    const auto entry = there.find(name);
    if (entry == there.end()) {
      found.push_back(name + " is missing");
      continue;
    }
    compare(name, entry->second, fields, found);
  }
  for (const auto& [name, fields] : there) {
    if (!ours.contains(name)) found.push_back(printable(name, 100) + " is not ours");
  }
  return found;
}

std::string skeleton(const WantedConfiguration& wanted,
                     const std::optional<ConfigurationOwner>& owner) {
  Json object = {{"apiVersion", wanted.resource->api_version()},
                 {"kind", wanted.resource->kind},
                 {"metadata", {{"name", wanted.name}}}};
  add_metadata(object, "", owner);
  return object.dump();
}

std::string whole(const WantedConfiguration& wanted, std::string_view version,
                  const std::optional<ConfigurationOwner>& owner) {
  Json object = Json::parse(wanted.json, nullptr, false);
  add_metadata(object, version, owner);
  object["metadata"]["annotations"][kContentHash] = content_hash(wanted.json);
  return object.dump();
}

std::string bundle_alone(const WebhookConfiguration& live, std::string_view pem) {
  Json object = {{"apiVersion", live.resource->api_version()},
                 {"kind", live.resource->kind},
                 {"metadata", {{"name", live.name}, {"resourceVersion", live.version}}}};
  for (const WebhookEntry& entry : live.entries) {
    object["webhooks"].push_back(
        {{"name", entry.name}, {"clientConfig", {{"caBundle", base64_encode(pem)}}}});
  }
  return object.dump();
}

}  // namespace pxguard::cluster
