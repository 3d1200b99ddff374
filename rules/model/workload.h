// A read-only view of an object that carries a pod template: a Pod, DaemonSet, Deployment,
// StatefulSet, ReplicaSet, Job or CronJob.
//
// Lifetime: valid while the Object that it was made from is alive and stays where it is.
// Threads: any number may read.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rules/model/container.h"
#include "rules/model/object.h"

namespace pxguard::model {

class Workload {
 public:
  static std::optional<Workload> of(const Object& object);
  static std::optional<Workload> of(Object&&) = delete;
  static bool is_workload_kind(const ObjectId& id);

  [[nodiscard]] const Object& object() const { return *object_; }
  // containers, initContainers and ephemeralContainers, in this order.
  [[nodiscard]] const std::vector<Container>& containers() const { return containers_; }
  [[nodiscard]] json::Value pod_spec() const { return pod_spec_; }
  [[nodiscard]] const FieldPath& pod_spec_path() const { return spec_path_; }
  // Annotations of the pods to come.
  [[nodiscard]] json::Value pod_annotations() const;
  // An agent writes variables into the pods (vault-agent-injector, vault-env).
  [[nodiscard]] bool has_secret_injector() const;
  [[nodiscard]] bool mounts_host_path(std::string_view path) const;
  [[nodiscard]] bool mounts_config_map(std::string_view name) const;

 private:
  Workload(const Object& object, FieldPath spec_path, json::Value pod);
  void add(std::string_view list, Container::Kind kind);

  const Object* object_;
  json::Value pod_;
  json::Value pod_spec_;
  FieldPath spec_path_;
  std::vector<Container> containers_;
};

}  // namespace pxguard::model
