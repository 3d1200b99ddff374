// An API server in memory, as far as pxguard asks for it: discovery, lists, watches, single
// objects, writes with resourceVersions. For what a real one says no to, tests/e2e has one.
//
// Threads: safe; it outlives the transports that it gave.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/yaml.h"
#include "cluster/client.h"
#include "cluster/resource.h"

namespace pxguard::test {

class FakeApi {
 public:
  using Json = nlohmann::json;

  // Documents of YAML; their groups are served from now on.
  void put(std::string_view text) {
    for (const yaml::Document& document : yaml::read(text)) {
      REQUIRE_FALSE(document.error.has_value());
      Json object = Json::parse(document.json);
      const cluster::Resource resource = resource_of(object.at("kind").get<std::string>());
      const auto& metadata = object.at("metadata");
      const std::lock_guard lock(mutex_);
      groups_.insert(resource.group);
      store(resource.path(metadata.value("namespace", ""), metadata.at("name").get<std::string>()),
            std::move(object));
    }
  }
  void serve(std::string_view group) {
    const std::lock_guard lock(mutex_);
    groups_.emplace(group);
  }
  // Every request whose path has this in it.
  void forbid(std::string part) {
    const std::lock_guard lock(mutex_);
    forbidden_.insert(std::move(part));
  }
  // As above, but it is only too busy: 429.
  void overload(std::string part) {
    const std::lock_guard lock(mutex_);
    overloaded_.insert(std::move(part));
  }
  void allow_everything() {
    const std::lock_guard lock(mutex_);
    forbidden_.clear();
    overloaded_.clear();
  }
  void remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(path);
    if (found == objects_.end()) return;
    found->second["metadata"]["resourceVersion"] = std::to_string(++version_);
    note("DELETED", path, found->second);
    objects_.erase(found);
  }
  // Every watch ends, as when a server restarts.
  void cut_watches() {
    const std::lock_guard lock(mutex_);
    ++cuts_;
    changed_.notify_all();
  }
  // What a server sends each minute on every watch: so far, nothing else has happened.
  void bookmark() {
    const std::lock_guard lock(mutex_);
    ++version_;
    note("BOOKMARK", "", {{"metadata", {{"resourceVersion", std::to_string(version_)}}}});
  }
  // Whoever has not seen all that was, has to list again: 410.
  void forget_history() {
    const std::lock_guard lock(mutex_);
    changes_.clear();
    forgotten_ = version_;
  }
  // Nobody reaches it, or everybody again.
  void set_reachable(bool is_reachable) {
    const std::lock_guard lock(mutex_);
    is_reachable_ = is_reachable;
    ++cuts_;
    changed_.notify_all();
  }

  // null where there is none.
  [[nodiscard]] Json get(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(path);
    return found == objects_.end() ? Json() : found->second;
  }
  [[nodiscard]] std::vector<std::string> paths_with(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> paths;
    for (const auto& [path, object] : objects_) {
      if (path.find(part) != std::string::npos) paths.push_back(path);
    }
    return paths;
  }
  // "PATCH /apis/...", in their order, since the last call.
  std::vector<std::string> take_writes() {
    const std::lock_guard lock(mutex_);
    return std::exchange(writes_, {});
  }
  // All that was ever sent here.
  [[nodiscard]] std::string sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

  // Between any two requests of whoever is at work: others may do something then.
  std::function<void()> before_request;
  // What comes of a create that is only tried; else it is accepted.
  std::function<cluster::Response(const Json& object)> answer_to_dry_run;

  // Whether it has such a kind at all.
  [[nodiscard]] static bool knows(std::string_view kind) {
    for (const cluster::Resource& resource : resources()) {
      if (resource.kind == kind) return true;
    }
    return false;
  }

  std::unique_ptr<cluster::Client> connect() {
    return std::make_unique<cluster::Client>(transport());
  }
  std::unique_ptr<cluster::Transport> transport() { return std::make_unique<Transport>(*this); }

 private:
  class Transport final : public cluster::Transport {
   public:
    explicit Transport(FakeApi& api) : api_(api) {}
    cluster::Answer<cluster::Response> send(const cluster::Request& request) override {
      if (api_.before_request) api_.before_request();
      if (auto failure = api_.failure(*this)) return *failure;
      return api_.answer(request);
    }
    cluster::Answer<cluster::Response> stream(const cluster::Request& request,
                                              const OnBytes& on_bytes) override {
      return api_.watch(request, on_bytes, *this);
    }
    void interrupt() override {
      const std::lock_guard lock(api_.mutex_);
      is_interrupted = true;
      api_.changed_.notify_all();
    }

    bool is_interrupted = false;  // with the lock of the API server

   private:
    FakeApi& api_;
  };

  struct Change {
    int version;
    std::string path;
    std::string line;
  };
  void note(std::string_view type, const std::string& path, const Json& object) {
    changes_.push_back({version_, path, Json{{"type", type}, {"object", object}}.dump() + '\n'});
    changed_.notify_all();
  }

  std::optional<cluster::Failure> failure(const Transport& from) {
    using Kind = cluster::Failure::Kind;
    const std::lock_guard lock(mutex_);
    if (from.is_interrupted) return cluster::Failure{Kind::Stopped, "told to stop"};
    if (!is_reachable_) return cluster::Failure{Kind::Unreachable, "no route to the server"};
    return std::nullopt;
  }

  // What of a collection is asked for: "metadata.name=..." narrows it to one object.
  struct Asked {
    std::string base;
    std::string end;
    std::string name;

    static Asked of(const std::string& path, const std::string& query) {
      const std::size_t slash = path.rfind('/');
      Asked asked{path.substr(0, slash), path.substr(slash), {}};
      constexpr std::string_view kField = "metadata.name%3D";
      if (const std::size_t at = query.find(kField); at != std::string::npos) {
        asked.name = query.substr(at + kField.size());
        asked.name = asked.name.substr(0, asked.name.find('&'));
      }
      return asked;
    }
    [[nodiscard]] bool matches(const std::string& where) const {
      return where.starts_with(base) && where.find(end + '/') != std::string::npos &&
             (name.empty() || where.ends_with('/' + name));
    }
  };

  // Until it is cut or interrupted.
  cluster::Answer<cluster::Response> watch(const cluster::Request& request,
                                           const cluster::Transport::OnBytes& on_bytes,
                                           const Transport& from) {
    if (auto failed = failure(from)) return *failed;
    const std::size_t question = request.path.find('?');
    const std::string path = request.path.substr(0, question);
    const std::string query = request.path.substr(question);
    const Asked asked = Asked::of(path, query);
    constexpr std::string_view kVersion = "resourceVersion=";
    int seen = std::stoi(query.substr(query.find(kVersion) + kVersion.size()));
    std::unique_lock lock(mutex_);
    if (is_among(forbidden_, path)) return refused(403, "Forbidden");
    if (is_among(overloaded_, path)) return refused(429, "TooManyRequests");
    const int cuts = cuts_;
    while (cuts == cuts_ && !from.is_interrupted) {
      if (seen < forgotten_) {
        lock.unlock();
        on_bytes(R"({"type":"ERROR","object":{"kind":"Status","code":410}})"
                 "\n");
        return cluster::Response{.status = 200};
      }
      std::string lines;
      for (const Change& change : changes_) {
        const bool is_asked = change.path.empty() || asked.matches(change.path);
        if (change.version > seen && is_asked) lines += change.line;
      }
      seen = version_;
      lock.unlock();
      if (!lines.empty() && !on_bytes(lines)) return cluster::Response{.status = 200};
      lock.lock();
      if (seen == version_)
        changed_.wait(lock,
                      [&] { return cuts != cuts_ || from.is_interrupted || seen != version_; });
    }
    if (from.is_interrupted)
      return cluster::Failure{cluster::Failure::Kind::Stopped, "told to stop"};
    return cluster::Response{.status = 200};
  }

  static bool is_among(const std::set<std::string>& parts, const std::string& path) {
    for (const std::string& part : parts) {
      if (path.find(part) != std::string::npos) return true;
    }
    return false;
  }

  static cluster::Resource stork(std::string plural, std::string kind) {
    return {.group = "stork.libopenstorage.org",
            .version = "v1alpha1",
            .plural = std::move(plural),
            .kind = std::move(kind)};
  }
  static const std::vector<cluster::Resource>& resources() {
    static const std::vector<cluster::Resource> all = {
        {.plural = "secrets", .kind = "Secret"},
        {.plural = "configmaps", .kind = "ConfigMap"},
        {.plural = "pods", .kind = "Pod"},
        {.plural = "persistentvolumeclaims", .kind = "PersistentVolumeClaim"},
        {.plural = "persistentvolumes", .kind = "PersistentVolume", .is_namespaced = false},
        {.group = "apps", .plural = "daemonsets", .kind = "DaemonSet"},
        {.group = "apps", .plural = "deployments", .kind = "Deployment"},
        {.group = "apps", .plural = "statefulsets", .kind = "StatefulSet"},
        {.group = "batch", .plural = "jobs", .kind = "Job"},
        {.group = "batch", .plural = "cronjobs", .kind = "CronJob"},
        {.group = "storage.k8s.io",
         .plural = "storageclasses",
         .kind = "StorageClass",
         .is_namespaced = false},
        {.group = "core.libopenstorage.org", .plural = "storageclusters", .kind = "StorageCluster"},
        {.group = "stork.libopenstorage.org",
         .version = "v1alpha1",
         .plural = "clusterpairs",
         .kind = "ClusterPair"},
        {.group = "stork.libopenstorage.org",
         .version = "v1alpha1",
         .plural = "migrations",
         .kind = "Migration"},
        stork("applicationbackups", "ApplicationBackup"),
        stork("applicationbackupschedules", "ApplicationBackupSchedule"),
        stork("applicationclones", "ApplicationClone"),
        stork("applicationrestores", "ApplicationRestore"),
        stork("clusterdomainupdates", "ClusterDomainUpdate"),
        stork("groupvolumesnapshots", "GroupVolumeSnapshot"),
        stork("migrationschedules", "MigrationSchedule"),
        stork("volumesnapshotrestores", "VolumeSnapshotRestore"),
        stork("volumesnapshotschedules", "VolumeSnapshotSchedule"),
        {.group = "volumesnapshot.external-storage.k8s.io",
         .plural = "volumesnapshots",
         .kind = "VolumeSnapshot"},
        {.group = "snapshot.storage.k8s.io",
         .plural = "volumesnapshotclasses",
         .kind = "VolumeSnapshotClass",
         .is_namespaced = false},
        {.group = "groupsnapshot.storage.k8s.io",
         .plural = "volumegroupsnapshotclasses",
         .kind = "VolumeGroupSnapshotClass",
         .is_namespaced = false},
        {.group = "external-secrets.io", .plural = "externalsecrets", .kind = "ExternalSecret"},
        {.group = "bitnami.com",
         .version = "v1alpha1",
         .plural = "sealedsecrets",
         .kind = "SealedSecret"},
        {.group = "velero.io", .plural = "backupstoragelocations", .kind = "BackupStorageLocation"},
        {.group = "rbac.authorization.k8s.io",
         .plural = "clusterroles",
         .kind = "ClusterRole",
         .is_namespaced = false},
        {.group = "coordination.k8s.io", .plural = "leases", .kind = "Lease"},
        {.group = "admissionregistration.k8s.io",
         .plural = "validatingwebhookconfigurations",
         .kind = "ValidatingWebhookConfiguration",
         .is_namespaced = false},
        {.group = "admissionregistration.k8s.io",
         .plural = "mutatingwebhookconfigurations",
         .kind = "MutatingWebhookConfiguration",
         .is_namespaced = false},
        {.group = "discovery.k8s.io", .plural = "endpointslices", .kind = "EndpointSlice"},
        {.group = "events.k8s.io", .plural = "events", .kind = "Event"},
        {.group = "wgpolicyk8s.io",
         .version = "v1alpha2",
         .plural = "policyreports",
         .kind = "PolicyReport"},
        {.group = "wgpolicyk8s.io",
         .version = "v1alpha2",
         .plural = "clusterpolicyreports",
         .kind = "ClusterPolicyReport",
         .is_namespaced = false},
        {.group = "openreports.io", .version = "v1alpha1", .plural = "reports", .kind = "Report"},
        {.group = "openreports.io",
         .version = "v1alpha1",
         .plural = "clusterreports",
         .kind = "ClusterReport",
         .is_namespaced = false}};
    return all;
  }
  static cluster::Resource resource_of(const std::string& kind) {
    for (const cluster::Resource& resource : resources()) {
      if (resource.kind == kind) return resource;
    }
    FAIL("no such kind in the fake API: ", kind);
    return {};
  }

  static cluster::Response said(int status, const Json& body) {
    return {.status = status, .body = body.dump()};
  }
  static cluster::Response refused(int status, const std::string& reason) {
    return said(status, {{"kind", "Status"}, {"reason", reason}, {"message", reason}});
  }

  cluster::Response answer(const cluster::Request& request) {
    const std::lock_guard lock(mutex_);
    const std::string path = request.path.substr(0, request.path.find('?'));
    if (is_among(forbidden_, path)) return refused(403, "Forbidden");
    if (is_among(overloaded_, path)) return refused(429, "TooManyRequests");
    if (request.method == "GET") return read(path, request.path);
    writes_.push_back(request.method + ' ' + path);
    sent_ += request.body + '\n';
    if (request.method == "DELETE")
      return objects_.erase(path) > 0 ? said(200, {{"kind", "Status"}}) : refused(404, "NotFound");
    return write(request, path);
  }

  cluster::Response write(const cluster::Request& request, std::string path) {
    Json object = Json::parse(request.body);
    const std::string version = object["metadata"].value("resourceVersion", "");
    if (request.method == "POST") path += '/' + object["metadata"]["name"].get<std::string>();
    const auto there = objects_.find(path);
    const bool is_there = there != objects_.end();
    if (request.method == "POST" && is_there) return refused(409, "AlreadyExists");
    if (request.method == "PUT" && !is_there) return refused(404, "NotFound");
    if (request.method == "PUT" && there->second["metadata"]["resourceVersion"] != version)
      return refused(409, "Conflict");
    if (request.method == "PATCH" && !version.empty() &&
        (!is_there || there->second["metadata"]["resourceVersion"] != version))
      return refused(is_there ? 409 : 404, is_there ? "Conflict" : "NotFound");
    if (request.method == "PATCH" && is_there) object = patched(there->second, object, request);
    if (request.method == "POST" && request.path.find("dryRun=All") != std::string::npos)
      return answer_to_dry_run ? answer_to_dry_run(object) : said(201, object);
    return said(200, store(path, std::move(object)));
  }

  // As far as tests need it: entries of webhook configurations go by their names.
  static Json patched(const Json& there, const Json& change, const cluster::Request& request) {
    Json result = there;
    if (request.content_type == "application/merge-patch+json") {
      result.merge_patch(change);
      return result;
    }
    if (!change.value("kind", "").ends_with("WebhookConfiguration")) return change;
    Json entries = result.value("webhooks", Json::array());
    for (const Json& entry : change.value("webhooks", Json::array())) {
      const auto same = std::find_if(entries.begin(), entries.end(),
                                     [&](const Json& one) { return one["name"] == entry["name"]; });
      if (same == entries.end()) {
        entries.push_back(entry);
      } else {
        same->merge_patch(entry);
      }
    }
    result.merge_patch(change);
    result["webhooks"] = entries;
    return result;
  }

  const Json& store(const std::string& path, Json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    const auto before = objects_.find(path);
    if (!object["metadata"].contains("uid")) {
      object["metadata"]["uid"] = before == objects_.end() ? Json("uid-" + std::to_string(version_))
                                                           : before->second["metadata"]["uid"];
    }
    note(objects_.contains(path) ? "MODIFIED" : "ADDED", path, object);
    return objects_[path] = std::move(object);
  }

  cluster::Response read(const std::string& path, const std::string& whole) const {
    if (path == "/version") return said(200, {{"gitVersion", "v1.31.4+test"}});
    for (const cluster::Resource& resource : resources()) {
      const std::string group = "/apis/" + resource.group;
      if (path == group || path == group + '/' + resource.version) return discovery(resource);
    }
    for (const cluster::Resource& resource : resources()) {
      const std::string end = '/' + resource.plural;
      const bool is_its_group =
          path.starts_with(resource.path("").substr(0, resource.path("").rfind('/')));
      if (is_its_group && path.ends_with(end)) return list(path, whole);
    }
    const auto found = objects_.find(path);
    return found == objects_.end() ? refused(404, "NotFound") : said(200, found->second);
  }

  [[nodiscard]] cluster::Response discovery(const cluster::Resource& of) const {
    if (!groups_.contains(of.group)) return refused(404, "NotFound");
    Json list = Json::array();
    for (const cluster::Resource& resource : resources()) {
      if (resource.group != of.group) continue;
      list.push_back({{"name", resource.plural},
                      {"kind", resource.kind},
                      {"namespaced", resource.is_namespaced}});
    }
    return said(200, {{"preferredVersion", {{"version", of.version}}}, {"resources", list}});
  }

  [[nodiscard]] cluster::Response list(const std::string& path, const std::string& whole) const {
    const Asked asked = Asked::of(path, whole);
    const bool is_ours_alone = whole.find("managed-by") != std::string::npos;
    Json items = Json::array();
    for (const auto& [where, object] : objects_) {
      if (!asked.matches(where)) continue;
      const Json labels = object["metadata"].value("labels", Json::object());
      if (is_ours_alone && labels.value("app.kubernetes.io/managed-by", "") != "pxguard") continue;
      items.push_back(object);
    }
    return said(200, {{"metadata", {{"resourceVersion", std::to_string(version_)}}},
                      {"items", std::move(items)}});
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Change> changes_;
  int forgotten_ = 0;
  int cuts_ = 0;
  bool is_reachable_ = true;
  std::map<std::string, Json> objects_;  // by path
  std::set<std::string> groups_{
      "apps",         "batch", "storage.k8s.io", "rbac.authorization.k8s.io", "coordination.k8s.io",
      "events.k8s.io"};
  std::set<std::string> forbidden_;
  std::set<std::string> overloaded_;
  std::vector<std::string> writes_;
  std::string sent_;
  int version_ = 0;
};

}  // namespace pxguard::test
