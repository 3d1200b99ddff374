#include "cluster/reading_list.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace pxguard::cluster {
namespace {

struct Entry {
  std::string_view plural;
  std::string_view kind;
  Reading reading;
};

// Of groups that every API server has.
struct BuiltIn {
  std::string_view group;
  bool is_namespaced;
  Entry entry;
};

constexpr std::array<BuiltIn, 10> kBuiltIn = {{
    {"apps", true, {"daemonsets", "DaemonSet", Reading::Watched}},
    {"apps", true, {"deployments", "Deployment", Reading::Watched}},
    {"apps", true, {"statefulsets", "StatefulSet", Reading::Listed}},
    {"batch", true, {"cronjobs", "CronJob", Reading::Listed}},
    {"batch", true, {"jobs", "Job", Reading::Listed}},
    {"storage.k8s.io", false, {"storageclasses", "StorageClass", Reading::Watched}},
    {"", false, {"persistentvolumes", "PersistentVolume", Reading::Listed}},
    {"", true, {"persistentvolumeclaims", "PersistentVolumeClaim", Reading::Listed}},
    {"", true, {"configmaps", "ConfigMap", Reading::Beside}},
    {"", true, {"pods", "Pod", Reading::Beside}},
}};

// Of groups that somebody installs. Sources: libopenstorage/operator and libopenstorage/stork,
// their CRDs; kubernetes-csi/external-snapshotter client/config/crd; external-secrets.io and
// bitnami-labs/sealed-secrets, their CRDs; velero.io, config/crd.
struct Installed {
  std::string_view group;
  Entry entry;
};

constexpr std::array<Installed, 20> kInstalled = {{
    {"core.libopenstorage.org", {"storageclusters", "StorageCluster", Reading::Watched}},
    {"snapshot.storage.k8s.io", {"volumesnapshotclasses", "VolumeSnapshotClass", Reading::Watched}},
    {"groupsnapshot.storage.k8s.io",
     {"volumegroupsnapshotclasses", "VolumeGroupSnapshotClass", Reading::Watched}},
    {"stork.libopenstorage.org", {"applicationbackups", "ApplicationBackup", Reading::Listed}},
    {"stork.libopenstorage.org",
     {"applicationbackupschedules", "ApplicationBackupSchedule", Reading::Listed}},
    {"stork.libopenstorage.org", {"applicationclones", "ApplicationClone", Reading::Listed}},
    {"stork.libopenstorage.org", {"applicationrestores", "ApplicationRestore", Reading::Listed}},
    {"stork.libopenstorage.org",
     {"clusterdomainsstatuses", "ClusterDomainsStatus", Reading::Listed}},
    {"stork.libopenstorage.org", {"clusterdomainupdates", "ClusterDomainUpdate", Reading::Listed}},
    {"stork.libopenstorage.org", {"clusterpairs", "ClusterPair", Reading::Listed}},
    {"stork.libopenstorage.org", {"groupvolumesnapshots", "GroupVolumeSnapshot", Reading::Listed}},
    {"stork.libopenstorage.org", {"migrations", "Migration", Reading::Listed}},
    {"stork.libopenstorage.org", {"migrationschedules", "MigrationSchedule", Reading::Listed}},
    {"stork.libopenstorage.org",
     {"volumesnapshotrestores", "VolumeSnapshotRestore", Reading::Listed}},
    {"stork.libopenstorage.org",
     {"volumesnapshotschedules", "VolumeSnapshotSchedule", Reading::Listed}},
    {"volumesnapshot.external-storage.k8s.io",
     {"volumesnapshots", "VolumeSnapshot", Reading::Listed}},
    {"external-secrets.io", {"externalsecrets", "ExternalSecret", Reading::Listed}},
    {"external-secrets.io", {"clusterexternalsecrets", "ClusterExternalSecret", Reading::Listed}},
    {"bitnami.com", {"sealedsecrets", "SealedSecret", Reading::Listed}},
    {"velero.io", {"backupstoragelocations", "BackupStorageLocation", Reading::Listed}},
}};

Resource resource_of(const BuiltIn& built_in) {
  return {.group = std::string(built_in.group),
          .plural = std::string(built_in.entry.plural),
          .kind = std::string(built_in.entry.kind),
          .is_namespaced = built_in.is_namespaced};
}

}  // namespace

Answer<std::vector<Wanted>> reading_list(Client& client) {
  std::vector<Wanted> list;
  for (const BuiltIn& built_in : kBuiltIn)
    list.push_back({.resource = resource_of(built_in), .reading = built_in.entry.reading});
  for (auto begin = kInstalled.begin(); begin != kInstalled.end();) {
    const std::string_view group = begin->group;
    const auto end = std::find_if(begin, kInstalled.end(), [group](const Installed& installed) {
      return installed.group != group;
    });
    auto served = client.served(group);
    if (!served) return served.error();
    for (; begin != end; std::advance(begin, 1)) {
      const Entry& entry = begin->entry;
      const auto found = std::find_if(
          served->begin(), served->end(),
          [&entry](const Resource& resource) { return resource.plural == entry.plural; });
      Wanted wanted{.reading = entry.reading, .is_served = found != served->end()};
      wanted.resource = wanted.is_served ? *found
                                         : Resource{.group = std::string(group),
                                                    .plural = std::string(entry.plural),
                                                    .kind = std::string(entry.kind)};
      list.push_back(std::move(wanted));
    }
  }
  return list;
}

const Resource& secrets() {
  static const Resource resource{.plural = "secrets", .kind = "Secret"};
  return resource;
}

const Resource& pods() {
  static const Resource resource{.plural = "pods", .kind = "Pod"};
  return resource;
}

}  // namespace pxguard::cluster
