#include "cluster/client.h"

#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/wiped.h"
#include "cluster/watch_lines.h"

namespace pxguard::cluster {
namespace {

constexpr std::string_view kMetadataList =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
constexpr std::string_view kMetadata =
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kApply = "application/apply-patch+yaml";
constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::string_view kFieldManager = "pxguard";

// A list that grows too old three times over while its pages are read is not to be had in pages.
constexpr int kListAttempts = 3;

// The query of a path: "?a=1&b=2", escaped.
class Query {
 public:
  Query& with(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '?' : '&';
    text_ += fmt::format("{}={}", name, percent_encoded(value));
    return *this;
  }
  Query& with(const Selection& selection) {
    if (!selection.name.empty()) with("fieldSelector", "metadata.name=" + selection.name);
    if (!selection.label_selector.empty()) with("labelSelector", selection.label_selector);
    return *this;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string_view accept(Detail detail, std::string_view metadata) {
  return detail == Detail::Whole ? kJson : metadata;
}

// So that what many of us watch does not end, and begin again, in the same moment.
int watch_seconds() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_int_distribution<int>(300, 600)(random);
}

// What an answer that is no success says. The body is wiped.
Failure failure_of(Response& response) {
  const auto said = json::Document::parse(response.body);
  wipe(response.body);
  Failure failure = Failure::of_status(response.status, said ? said->root() : json::Value());
  if (response.retry_after) failure.retry_after = response.retry_after;
  return failure;
}

bool is_success(const Response& response) {
  return response.status >= 200 && response.status < 300;
}

Request write(std::string_view method, std::string path, const std::string& object,
              std::string_view content_type) {
  return {.method = std::string(method),
          .path = std::move(path),
          .content_type = std::string(content_type),
          .body = object};
}

}  // namespace

Client::Client(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

Answer<json::Document> Client::ask(Request request) {
  auto response = transport_->send(request);
  wipe(request.body);
  if (!response) return response.error();
  if (!is_success(*response)) return failure_of(*response);
  auto document = json::Document::parse(response->body);
  wipe(response->body);
  if (!document)
    return Failure::broken("the API server's answer cannot be read: " + document.error().message);
  if (!document->root().is_object()) return Failure::broken("the API server's answer is no object");
  return std::move(*document);
}

Answer<Client::Page> Client::list_page(const std::string& path, const Selection& selection,
                                       const ListSteps& steps) {
  const auto document =
      ask({.path = path, .accept = std::string(accept(selection.detail, kMetadataList))});
  if (!document) return document.error();
  const json::Value root = document->root();
  Page page{.version = std::string(root.at("metadata.resourceVersion").text()),
            .rest = std::string(root.at("metadata.continue").text())};
  // Without it a watch would begin anywhere.
  if (page.version.empty()) return Failure::broken("the API server's answer is no list");
  for (const json::Value item : root["items"].elements()) steps.on_item(item);
  return page;
}

Answer<std::string> Client::list_once(const std::string& path, const Selection& selection,
                                      const ListSteps& steps) {
  if (steps.on_begin) steps.on_begin();
  const std::string limit = std::to_string(limits::kListPage);
  std::string rest;
  while (true) {
    Query query;
    query.with("limit", limit).with(selection);
    if (!rest.empty()) query.with("continue", rest);
    auto page = list_page(path + query.text(), selection, steps);
    if (!page) return page.error();
    if (page->rest.empty()) return std::move(page->version);
    if (page->rest == rest) return Failure::broken("the API server sends the same page twice");
    rest = std::move(page->rest);
  }
}

Answer<std::string> Client::list(const Resource& resource, const Selection& selection,
                                 const ListSteps& steps) {
  const std::string path = resource.path(selection.ns);
  for (int attempt = 1;; ++attempt) {
    auto version = list_once(path, selection, steps);
    const bool again = !version && version.error().kind == Failure::Kind::Gone;
    if (!again || attempt == kListAttempts) return version;
  }
}

Answer<std::string> Client::watch(const Resource& resource, const Selection& selection,
                                  std::string version,
                                  const std::function<void(const WatchEvent&)>& on_event) {
  Query query;
  query.with("watch", "1")
      .with("allowWatchBookmarks", "true")
      .with("resourceVersion", version)
      .with("timeoutSeconds", std::to_string(watch_seconds()))
      .with(selection);
  WatchLines lines(std::move(version), on_event);
  auto response =
      transport_->stream({.path = resource.path(selection.ns) + query.text(),
                          .accept = std::string(accept(selection.detail, kMetadata))},
                         [&lines](std::string_view bytes) { return lines.take(bytes); });
  if (lines.failure()) return *lines.failure();
  if (!response) return response.error();
  if (response->status != 200) return failure_of(*response);
  if (lines.is_inside_a_line()) return Failure::broken("a watch ended in the middle of an event");
  return lines.version();
}

Answer<json::Document> Client::get(const Resource& resource, std::string_view ns,
                                   std::string_view name, Detail detail) {
  return ask({.path = resource.path(ns, name), .accept = std::string(accept(detail, kMetadata))});
}

Answer<json::Document> Client::apply(const Resource& resource, std::string_view ns,
                                     std::string_view name, const std::string& object,
                                     std::string_view manager) {
  Query query;
  query.with("fieldManager", manager).with("force", "true");
  return ask(write("PATCH", resource.path(ns, name) + query.text(), object, kApply));
}

Answer<json::Document> Client::create(const Resource& resource, std::string_view ns,
                                      const std::string& object, Effect effect) {
  Query query = Query().with("fieldManager", kFieldManager);
  if (effect == Effect::None) query.with("dryRun", "All");
  return ask(write("POST", resource.path(ns) + query.text(), object, kJson));
}

Answer<json::Document> Client::merge(const Resource& resource, std::string_view ns,
                                     std::string_view name, const std::string& object) {
  const Query query = Query().with("fieldManager", kFieldManager);
  return ask(write("PATCH", resource.path(ns, name) + query.text(), object, kMergePatch));
}

Answer<json::Document> Client::replace(const Resource& resource, std::string_view ns,
                                       std::string_view name, const std::string& object) {
  const Query query = Query().with("fieldManager", kFieldManager);
  return ask(write("PUT", resource.path(ns, name) + query.text(), object, kJson));
}

Answer<bool> Client::remove(const Resource& resource, std::string_view ns, std::string_view name) {
  auto response = transport_->send({.method = "DELETE", .path = resource.path(ns, name)});
  if (!response) return response.error();
  if (response->status == 404) return false;
  if (!is_success(*response)) return failure_of(*response);
  wipe(response->body);
  return true;
}

Answer<std::vector<Resource>> Client::served(std::string_view group) {
  std::string version = "v1";
  if (!group.empty()) {
    const auto known = ask({.path = "/apis/" + percent_encoded(group)});
    if (!known && known.error().kind == Failure::Kind::NotFound) return std::vector<Resource>{};
    if (!known) return known.error();
    version = known->root().at("preferredVersion.version").text();
    if (version.empty()) return Failure::broken("the API server's answer is no API group");
  }
  const std::string path = group.empty()
                               ? "/api/v1"
                               : "/apis/" + percent_encoded(group) + '/' + percent_encoded(version);
  const auto list = ask({.path = path});
  // Taken away between the two questions.
  if (!list && list.error().kind == Failure::Kind::NotFound) return std::vector<Resource>{};
  if (!list) return list.error();
  std::vector<Resource> served;
  for (const json::Value each : list->root()["resources"].elements()) {
    const std::string_view plural = each["name"].text();
    if (plural.empty() || plural.find('/') != std::string_view::npos) continue;  // subresources
    served.push_back({.group = std::string(group),
                      .version = version,
                      .plural = std::string(plural),
                      .kind = std::string(each["kind"].text()),
                      .is_namespaced = each["namespaced"].boolean_or(false)});
  }
  return served;
}

Answer<std::string> Client::server_version() {
  const auto version = ask({.path = "/version"});
  if (!version) return version.error();
  return std::string(version->root()["gitVersion"].text());
}

}  // namespace pxguard::cluster
