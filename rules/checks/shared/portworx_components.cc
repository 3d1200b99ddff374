#include "rules/checks/shared/portworx_components.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace pxguard::rules {
namespace {

// No image of these is of use to anybody else.
constexpr std::array<std::string_view, 12> kImages = {
    "autopilot",   "stork",          "px-operator",   "portworx-operator",
    "talisman",    "lh-config-sync", "px-lighthouse", "lh-stork-connector",
    "ccm-service", "ccm-go",         "log-upload",    "px-node-wiper"};
// Pods of several containers, or with images of Kubernetes.
constexpr std::array<std::string_view, 8> kNames = {
    "portworx-api", "portworx-proxy",  "px-csi-ext",    "portworx-pvc-controller",
    "px-plugin",    "px-plugin-proxy", "portworx-kvdb", "px-pure-csi-node"};

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

bool is_portworx_component(const model::Workload& workload) {
  const model::Object& object = workload.object();
  if (const auto owner = object.controller(); owner && owner->kind == "StorageCluster") return true;
  if (contains(kNames, object.id().name) || object.id().name.starts_with("px-telemetry-"))
    return true;
  const bool may_be_agent = object.kind() == "DaemonSet" || object.kind() == "Pod";
  if (may_be_agent && runs_portworx(workload)) return true;
  return std::any_of(workload.containers().begin(), workload.containers().end(),
                     [](const model::Container& container) {
                       return contains(kImages, model::image_basename(container.image()));
                     });
}

}  // namespace pxguard::rules
