#include "cli/webhooks.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file_system.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/yaml_write.h"
#include "cli/cluster_access.h"
#include "cli/exit_status.h"
#include "cli/read_policy.h"
#include "cli/webhooks_live.h"
#include "rules/webhooks/webhooks.h"

namespace pxguard::cli {
namespace {

// "pxguard/pxguard:8443"
bool read_service(std::string_view text, webhooks::Client& client) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) return false;
  client.service_namespace = text.substr(0, slash);
  text.remove_prefix(slash + 1);
  const std::size_t colon = text.find(':');
  client.service_name = text.substr(0, colon);
  if (colon == std::string_view::npos) return !text.empty();
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, client.service_port);
  return colon > 0 && error == std::errc() && rest == end && client.service_port > 0 &&
         client.service_port < 65536;
}

// What the API server would refuse: other schemes, a query, a fragment; the path is ours.
bool read_url(std::string_view text, webhooks::Client& client) {
  constexpr std::string_view kScheme = "https://";
  if (text.ends_with('/')) text.remove_suffix(1);
  const std::string_view host = text.substr(std::min(kScheme.size(), text.size()));
  client.url = text;
  return text.starts_with(kScheme) && !host.empty() && host.find_first_of("/?#@ ") == host.npos;
}

// 0, or the exit status after a sentence on `err`.
int read_client(const WebhooksOptions& options, webhooks::Client& client, std::ostream& err) {
  if (!options.url.empty()) {
    if (read_url(options.url, client)) return 0;
    err << fmt::format("webhooks: --url takes https://HOST:PORT without a path, not \"{}\"\n",
                       printable(options.url, 80));
    return kWrongUsage;
  }
  if (read_service(options.service, client)) return 0;
  err << fmt::format(
      "webhooks: --service takes NAMESPACE/NAME or NAMESPACE/NAME:PORT, not \"{}\"\n",
      printable(options.service, 80));
  return kWrongUsage;
}

int read_bundle(const std::string& path, webhooks::Client& client, std::ostream& err) {
  if (path.empty()) return 0;
  auto pem = read_file(path, limits::kKeyFile);
  if (!pem) {
    err << fmt::format("{}: the CA bundle cannot be read: {}\n", printable(path, 300),
                       pem.error().message);
    return kUnavailable;
  }
  if (pem->find("-----BEGIN CERTIFICATE-----") == std::string::npos ||
      pem->find("PRIVATE KEY-----") != std::string::npos) {
    err << fmt::format("{}: a CA bundle holds certificates in PEM and no key\n",
                       printable(path, 300));
    return kUnavailable;
  }
  client.ca_bundle = std::move(*pem);
  return 0;
}

std::string yaml_of(const std::vector<std::string>& objects) {
  std::vector<json::Document> documents;
  for (const std::string& object : objects)
    documents.push_back(json::Document::parse(object).value());
  std::vector<json::Value> values;
  for (const json::Document& document : documents) values.push_back(document.root());
  return yaml::write(values);
}

// A List: one JSON text, as every tool takes it.
std::string json_of(const std::vector<std::string>& objects) {
  nlohmann::ordered_json list = {{"apiVersion", "v1"}, {"kind", "List"}};
  list["items"] = nlohmann::ordered_json::array();
  for (const std::string& object : objects)
    list["items"].push_back(nlohmann::ordered_json::parse(object));
  return list.dump(2) + "\n";
}

int in_cluster(const WebhooksOptions& options, std::ostream& out, std::ostream& err) {
  webhooks::Client own;
  if (const int status = read_client(options, own, err); status != 0) return status;
  const auto access = find_cluster(options.cluster, "", cluster::Surroundings::here());
  if (!access) {
    err << "webhooks: " << access.error().message << '\n';
    return kWrongUsage;
  }
  const auto client = access->connect();
  if (options.prove) return prove_denial(*client, out, err);
  const auto rest = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); };
  return open_gate(*client, {own.service_namespace, own.service_name}, rest, out, err);
}

}  // namespace

int print_webhooks(const WebhooksOptions& options) {
  return print_webhooks(options, std::cout, std::cerr);
}

int print_webhooks(const WebhooksOptions& options, std::ostream& out, std::ostream& err) {
  if (options.open_gate || options.prove) return in_cluster(options, out, err);
  const auto policy = read_policy(options.policy, err);
  if (!policy) return kWrongUsage;
  webhooks::Client client;
  if (const int status = read_client(options, client, err); status != 0) return status;
  if (const int status = read_bundle(options.ca_bundle, client, err); status != 0) return status;
  const bool is_inside = options.url.empty();
  const auto wanted =
      webhooks::configurations_for(*policy, is_inside ? client.service_namespace : "");
  const auto objects = webhooks::to_objects(wanted, client);
  if (objects.empty()) {
    err << "webhooks: the policy turns every rule off: no webhook is needed\n";
    return 0;
  }
  out << (options.format == WebhooksFormat::Json ? json_of(objects) : yaml_of(objects));
  for (const std::string& spot : wanted.blind_spots) err << "webhooks: not seen: " << spot << '\n';
  return 0;
}

}  // namespace pxguard::cli
