// Values for the Helm chart portworx: no object of Kubernetes, but read like one, since what they
// say of security decides what the StorageCluster will say.
// Source: portworx/helm charts/portworx, values.yaml and templates/storage-cluster.yaml.
//
// Lifetime: valid while the Object that it was made from is alive and stays where it is.
// Threads: any number may read.
#pragma once

#include <optional>
#include <string_view>

#include "base/json.h"
#include "rules/model/object.h"

namespace pxguard::model {

inline constexpr std::string_view kPortworxChart = "portworx";

class HelmValues {
 public:
  static std::optional<HelmValues> of(const Object& object);
  static std::optional<HelmValues> of(Object&&) = delete;
  // What a reader of files gives to an object of values.
  static ObjectId identity();

  [[nodiscard]] const Object& object() const { return *object_; }
  [[nodiscard]] json::Value security() const { return object_->root()["security"]; }
  [[nodiscard]] json::Value self_signed() const { return security()["auth"]["selfSigned"]; }
  // Only a boolean counts: the chart compares with true, and fails on a text.
  [[nodiscard]] bool is_security_enabled() const;

 private:
  explicit HelmValues(const Object& object) : object_(&object) {}
  const Object* object_;
};

}  // namespace pxguard::model
