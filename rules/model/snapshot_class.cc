#include "rules/model/snapshot_class.h"

#include "rules/model/storage_class.h"

namespace pxguard::model {

std::optional<SnapshotClass> SnapshotClass::of(const Object& object) {
  const bool is_single =
      object.kind() == "VolumeSnapshotClass" && object.id().group() == "snapshot.storage.k8s.io";
  const bool is_group = object.kind() == "VolumeGroupSnapshotClass" &&
                        object.id().group() == "groupsnapshot.storage.k8s.io";
  if (!is_single && !is_group) return std::nullopt;
  if (!is_portworx_csi(object.root()["driver"].text())) return std::nullopt;
  return SnapshotClass(object, is_group);
}

bool SnapshotClass::has_name_of_stork() const {
  return object_->id().name.starts_with("stork-csi-snapshot-class-");
}

const TokenReference* SnapshotClass::csi(std::string_view operation) const {
  return csi_reference(references_, operation);
}

}  // namespace pxguard::model
