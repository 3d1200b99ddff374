// What one Portworx is configured with: the node agent's container of a DaemonSet (or of a Pod
// made from it), or a StorageCluster. A pod may hold several such containers: each is one.
//
// Recognition (both directions occur in real manifests): the image's last path element is
// oci-monitor, px-enterprise, px-essentials or px-monitor; or the container is called portworx and
// has the argument -c or its pod mounts /etc/pwx. Jobs, and containers that run pxctl, are none:
// such images are used for scripts as well.
//
// Lifetime: valid while the Object and the ClusterView that it was made from are alive and stay
// where they are. Threads: any number may read.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/arguments.h"
#include "rules/model/cluster_view.h"
#include "rules/model/setting.h"
#include "rules/model/storage_cluster.h"
#include "rules/model/versions.h"
#include "rules/model/workload.h"

namespace pxguard::model {

enum class Security { Off, Maybe, On };

class PortworxConfig {
 public:
  // Where the settings are written: the container's own; spec.env, nodes[].env and misc-args of a
  // StorageCluster without spec.security; or spec.security, from which the operator makes them.
  enum class Install { Container, StorageClusterEnv, StorageClusterSecurity };

  // Of every container that is one.
  static std::vector<PortworxConfig> all_of(const Workload& workload, const ClusterView& view);
  // The first of them: whom others work with.
  static std::optional<PortworxConfig> of(const Workload& workload, const ClusterView& view);
  static std::optional<PortworxConfig> of(const StorageCluster& cluster, const ClusterView& view);

  [[nodiscard]] const Object& object() const { return *object_; }
  [[nodiscard]] Install install() const { return install_; }
  // Container and StorageClusterEnv: where rules about variables and arguments apply.
  [[nodiscard]] bool is_written_by_user() const {
    return install_ != Install::StorageClusterSecurity;
  }
  // px-pre-flight and px-node-wiper run without settings on purpose.
  [[nodiscard]] bool is_helper() const { return is_helper_; }
  [[nodiscard]] bool is_fragment() const { return is_fragment_; }  // no image: a patch of something

  [[nodiscard]] const EnvList& env() const { return *env_; }
  [[nodiscard]] const std::shared_ptr<const EnvList>& shared_env() const { return env_; }
  [[nodiscard]] const std::vector<Argument>& arguments() const { return *arguments_; }
  // What would have to be known to read the arguments; "" where they are in view.
  [[nodiscard]] const std::string& arguments_need() const { return arguments_need_; }

  // What is written: variable, argument and -e apart.
  [[nodiscard]] const Setting& variable(AuthKey key) const { return settings_[of(key).variable]; }
  [[nodiscard]] const Setting& argument(AuthKey key) const { return settings_[of(key).argument]; }
  [[nodiscard]] const Setting& dash_e(AuthKey key) const { return settings_[of(key).dash_e]; }
  // What counts: the variable, else -e, else the argument (the order of the operator's converter).
  [[nodiscard]] const Setting& effective(AuthKey key) const;
  // Where it is certainly set, if anywhere: an argument is there, whatever a Secret out of view
  // adds.
  [[nodiscard]] const Setting& certain(AuthKey key) const;

  [[nodiscard]] Security security() const { return security_; }
  // Why security() is Maybe: what would settle it.
  [[nodiscard]] const std::string& security_needs() const { return security_needs_; }
  [[nodiscard]] std::optional<Version> version() const { return version_; }
  [[nodiscard]] std::string_view image() const { return image_; }
  // The issuer of tokens between nodes; "" where it is not in view.
  [[nodiscard]] const std::string& cluster_id() const { return cluster_id_; }
  // It is one half of a Portworx over two Kubernetes clusters (Metro DR): -cluster_domain.
  [[nodiscard]] bool is_stretched() const;
  // As they are written; absent of a StorageCluster.
  [[nodiscard]] json::Value container() const { return container_; }
  [[nodiscard]] json::Value pod_spec() const { return pod_spec_; }
  // Where something missing would be added.
  [[nodiscard]] const FieldPath& path() const { return path_; }
  [[nodiscard]] const std::optional<StorageCluster>& storage_cluster() const { return cluster_; }

 private:
  // Places in settings_.
  struct Written {
    std::uint8_t variable = 0;
    std::uint8_t argument = 0;
    std::uint8_t dash_e = 0;
  };

  explicit PortworxConfig(const Object& object) : object_(&object) {}
  static PortworxConfig of(const Workload& workload, const Container& container,
                           const ClusterView& view);
  void read(const ClusterView& view, const std::string& wrapped_by);
  void read_operator_settings();
  std::uint8_t keep(Setting setting);
  void decide_security();
  void look_at_nodes();
  [[nodiscard]] const Written& of(AuthKey key) const {
    return written_[static_cast<std::size_t>(key)];
  }

  const Object* object_;
  json::Value container_;
  json::Value pod_spec_;
  Install install_ = Install::Container;
  bool is_helper_ = false;
  bool is_fragment_ = false;
  std::string image_;
  std::string cluster_id_;
  std::optional<Version> version_;
  std::optional<StorageCluster> cluster_;
  FieldPath path_;
  // Behind pointers: Settings refer to them, and a PortworxConfig may be moved.
  std::shared_ptr<const EnvList> env_;
  std::shared_ptr<const std::vector<Argument>> arguments_;
  std::string arguments_need_;
  std::array<Written, kAuthNames.size()> written_{};
  // What is nothing alike is kept once: a pod may hold thousands of containers.
  std::vector<Setting> settings_;
  Security security_ = Security::Off;
  std::string security_needs_;
};

// The container of a Portworx node agent.
[[nodiscard]] bool is_portworx(const Workload& workload, const Container& container);
// Some container of it is one.
[[nodiscard]] bool runs_portworx(const Workload& workload);

}  // namespace pxguard::model
