// A VolumeSnapshotClass or VolumeGroupSnapshotClass of a Portworx driver.
// Sources: Portworx documentation, VolumeSnapshotClass of a secured cluster; Kubernetes CSI
// documentation (secrets of both kinds); stork drivers/volume/csi/csi.go (the classes it makes).
//
// Lifetime: valid while the Object that it was made from is alive and stays where it is.
// Threads: any number may read.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rules/model/object.h"
#include "rules/model/token_reference.h"

namespace pxguard::model {

class SnapshotClass {
 public:
  // None of another driver.
  static std::optional<SnapshotClass> of(const Object& object);
  static std::optional<SnapshotClass> of(Object&&) = delete;

  [[nodiscard]] const Object& object() const { return *object_; }
  [[nodiscard]] bool is_group() const { return is_group_; }
  // Stork makes one for each driver, and its own driver does not start where that is refused.
  [[nodiscard]] bool has_name_of_stork() const;
  // "snapshotter", or "group-snapshotter".
  [[nodiscard]] std::string_view operation() const {
    return is_group_ ? "group-snapshotter" : "snapshotter";
  }

  [[nodiscard]] const std::vector<TokenReference>& references() const { return references_; }
  // Null where neither name nor namespace is written.
  [[nodiscard]] const TokenReference* csi(std::string_view operation) const;

 private:
  SnapshotClass(const Object& object, bool is_group)
      : object_(&object), is_group_(is_group), references_(token_references(object)) {}

  const Object* object_;
  bool is_group_;
  std::vector<TokenReference> references_;
};

}  // namespace pxguard::model
