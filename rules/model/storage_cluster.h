// A StorageCluster of the Portworx operator, as its security is effective: after the operator's
// own defaulting. Sources: operator pkg/apis/core/v1/storagecluster.go, and
// drivers/storage/portworx/portworx.go, setSecuritySpecDefaults.
//
// Lifetime: valid while the Object that it was made from is alive and stays where it is.
// Threads: any number may read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/model/field_path.h"
#include "rules/model/object.h"
#include "rules/model/versions.h"

namespace pxguard::model {

class StorageCluster {
 public:
  // core.libopenstorage.org only: OpenShift has a kind of the same name.
  static std::optional<StorageCluster> of(const Object& object);
  static std::optional<StorageCluster> of(Object&&) = delete;

  [[nodiscard]] const Object& object() const { return *object_; }
  [[nodiscard]] json::Value spec() const { return object_->root()["spec"]; }
  [[nodiscard]] json::Value security() const { return spec()["security"]; }
  [[nodiscard]] bool is_security_enabled() const;
  // "Enabled" where nothing else is written.
  [[nodiscard]] std::string guest_access() const;
  // Of self-signed tokens. "" where it comes from a valueFrom of spec.env.
  [[nodiscard]] std::string issuer() const;
  [[nodiscard]] std::string shared_secret_name() const;
  [[nodiscard]] std::string cluster_id() const;
  [[nodiscard]] std::string_view image() const { return spec()["image"].text(); }
  [[nodiscard]] std::optional<Version> portworx_version() const;
  [[nodiscard]] std::optional<Version> stork_version() const;
  [[nodiscard]] bool is_stork_enabled() const;
  // Portworx CSI for FlashArray and FlashBlade: the same kind, without PX-Security. Told by what
  // its installation guides set: --oem px-csi, or the image px-pure-csi-driver (from 25.8 on).
  [[nodiscard]] bool is_px_csi() const;

 private:
  explicit StorageCluster(const Object& object) : object_(&object) {}
  const Object* object_;
};

}  // namespace pxguard::model
