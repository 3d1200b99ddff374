#include "rules/model/kinds.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "rules/model/workload.h"

namespace pxguard::model {

bool is_of_stork(const ObjectId& id) {
  return id.group() == "stork.libopenstorage.org" ||
         (id.group() == "volumesnapshot.external-storage.k8s.io" && id.kind == "VolumeSnapshot");
}

bool can_depend_on_portworx(const ObjectId& id) {
  constexpr std::array<std::string_view, 5> kKinds = {
      "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "VolumeSnapshotClass",
      "VolumeGroupSnapshotClass"};
  return std::find(kKinds.begin(), kKinds.end(), id.kind) != kKinds.end() || is_of_stork(id) ||
         Workload::is_workload_kind(id);
}

}  // namespace pxguard::model
