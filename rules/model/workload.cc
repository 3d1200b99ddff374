#include "rules/model/workload.h"

#include <utility>

namespace pxguard::model {
namespace {

bool is_pod_template_kind(const ObjectId& id) {
  const std::string_view kind = id.kind;
  const std::string_view group = id.group();
  if (kind == "Job") return group == "batch";
  const bool in_apps =
      group == "apps" || group == "extensions";  // extensions: before Kubernetes 1.16
  return in_apps && (kind == "DaemonSet" || kind == "Deployment" || kind == "StatefulSet" ||
                     kind == "ReplicaSet");
}

}  // namespace

bool Workload::is_workload_kind(const ObjectId& id) {
  return is_pod_template_kind(id) || (id.kind == "Pod" && id.group().empty()) ||
         (id.kind == "CronJob" && id.group() == "batch");
}

std::optional<Workload> Workload::of(const Object& object) {
  const json::Value root = object.root();
  if (object.kind() == "Pod" && object.id().group().empty()) {
    return Workload(object, FieldPath{"spec"}, root);
  }
  if (object.kind() == "CronJob" && object.id().group() == "batch") {
    return Workload(object, FieldPath{"spec", "jobTemplate", "spec", "template", "spec"},
                    root.at("spec.jobTemplate.spec.template"));
  }
  if (is_pod_template_kind(object.id())) {
    return Workload(object, FieldPath{"spec", "template", "spec"}, root.at("spec.template"));
  }
  return std::nullopt;
}

Workload::Workload(const Object& object, FieldPath spec_path, json::Value pod)
    : object_(&object), pod_(pod), pod_spec_(pod["spec"]), spec_path_(std::move(spec_path)) {
  add("containers", Container::Kind::Main);
  add("initContainers", Container::Kind::Init);
  add("ephemeralContainers", Container::Kind::Ephemeral);
}

void Workload::add(std::string_view list, Container::Kind kind) {
  std::size_t index = 0;
  const json::Value values = pod_spec_[list];
  if (values.empty()) return;
  const FieldPath path = spec_path_.key(list);
  containers_.reserve(containers_.size() + values.size());
  for (const json::Value value : values.elements()) {
    const bool sidecar = kind == Container::Kind::Init && value["restartPolicy"].text() == "Always";
    containers_.emplace_back(value, sidecar ? Container::Kind::Sidecar : kind,
                             path.element(index++, value["name"].text()));
  }
}

json::Value Workload::pod_annotations() const { return pod_["metadata"]["annotations"]; }

bool Workload::has_secret_injector() const {
  for (const auto& [key, value, node] : pod_annotations().members()) {
    if (key.starts_with("vault.hashicorp.com/agent-inject") ||
        key.starts_with("vault.security.banzaicloud.io/")) {
      return true;
    }
  }
  return false;
}

bool Workload::mounts_host_path(std::string_view path) const {
  for (const json::Value volume : pod_spec_["volumes"].elements()) {
    if (volume["hostPath"]["path"].text() == path) return true;
  }
  return false;
}

bool Workload::mounts_config_map(std::string_view name) const {
  for (const json::Value volume : pod_spec_["volumes"].elements()) {
    if (volume["configMap"]["name"].text() == name) return true;
    for (const json::Value source : volume["projected"]["sources"].elements()) {
      if (source["configMap"]["name"].text() == name) return true;
    }
  }
  return false;
}

}  // namespace pxguard::model
