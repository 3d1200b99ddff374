// What one Stork or Autopilot is configured with: the container of its Deployment, or spec.stork
// and spec.autopilot of a StorageCluster.
//
// Recognition: the image's last path element is stork, or the command is /stork; with
// --driver=pxd. Without a driver, or with another one, it does not work with Portworx.
//
// Lifetime: valid while the Object and the ClusterView that it was made from are alive and stay
// where they are. Threads: any number may read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/cluster_view.h"
#include "rules/model/setting.h"
#include "rules/model/storage_cluster.h"
#include "rules/model/versions.h"
#include "rules/model/workload.h"

namespace pxguard::model {

class StorkConfig {
 public:
  enum class Component { Stork, Autopilot };

  // Of every container that is one, Stork before Autopilot.
  static std::vector<StorkConfig> of(const Workload& workload, const ClusterView& view);
  static std::vector<StorkConfig> of(const StorageCluster& cluster, const ClusterView& view);

  [[nodiscard]] const Object& object() const { return *object_; }
  [[nodiscard]] Component component() const { return component_; }
  [[nodiscard]] bool is_stork() const { return component_ == Component::Stork; }
  [[nodiscard]] std::string_view component_name() const {
    return is_stork() ? "Stork" : "Autopilot";
  }
  // Written in a StorageCluster: it is then judged together with it.
  [[nodiscard]] bool is_part_of_storage_cluster() const { return in_storage_cluster_; }
  // The driver is $(VAR): whether this Stork works with Portworx is unknown.
  [[nodiscard]] bool is_driver_unknown() const { return driver_unknown_; }
  [[nodiscard]] bool is_fragment() const { return is_fragment_; }

  [[nodiscard]] const EnvList& env() const { return *env_; }
  [[nodiscard]] const Setting& shared_secret() const { return shared_secret_; }
  [[nodiscard]] const Setting& issuer() const { return issuer_; }
  // Where it looks for Portworx: PX_NAMESPACE, else kube-system. None where that is out of sight.
  [[nodiscard]] std::optional<std::string> portworx_namespace() const;
  [[nodiscard]] std::optional<Version> version() const { return version_; }
  [[nodiscard]] std::string_view image() const { return image_; }
  [[nodiscard]] const FieldPath& image_path() const { return image_path_; }
  // Where something missing would be added: the list of variables.
  [[nodiscard]] const FieldPath& path() const { return env_->path; }

 private:
  StorkConfig(const Object& object, Component component)
      : object_(&object), component_(component) {}
  static std::optional<StorkConfig> of(const Workload& workload, const Container& container,
                                       const ClusterView& view);
  void read(const ClusterView& view, const std::string& wrapped_by);

  const Object* object_;
  Component component_;
  bool in_storage_cluster_ = false;
  bool driver_unknown_ = false;
  bool is_fragment_ = false;
  std::string image_;
  FieldPath image_path_;
  std::optional<Version> version_;
  std::shared_ptr<const EnvList> env_;  // behind a pointer: settings refer to it
  Setting shared_secret_;
  Setting issuer_;
  Setting px_namespace_;
};

}  // namespace pxguard::model
