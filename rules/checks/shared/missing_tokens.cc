#include "rules/checks/shared/missing_tokens.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "base/text.h"
#include "rules/checks/shared/portworx_components.h"
#include "rules/model/portworx_names.h"

namespace pxguard::rules {
namespace {

template <class Class>
Words without_secret(const Class& view, std::initializer_list<std::string_view> operations) {
  Words missing;
  for (const std::string_view operation : operations) {
    if (view.csi(operation) == nullptr) missing.emplace_back(operation);
  }
  return missing;
}

}  // namespace

Words tokenless_operations(const model::StorageClass& storage_class) {
  if (!storage_class.is_csi()) return {};
  if (storage_class.allows_expansion())
    return without_secret(storage_class, {"provisioner", "node-publish", "controller-expand"});
  return without_secret(storage_class, {"provisioner", "node-publish"});
}

Words tokenless_attachment(const model::StorageClass& storage_class) {
  if (!storage_class.is_direct_access()) return {};
  return without_secret(storage_class, {"node-stage", "controller-publish"});
}

Words tokenless_operations(const model::SnapshotClass& snapshot_class) {
  if (snapshot_class.is_group()) return without_secret(snapshot_class, {"group-snapshotter"});
  return without_secret(snapshot_class, {"snapshotter", "snapshotter-list"});
}

bool is_in_tree_without_token(const model::StorageClass& storage_class) {
  return storage_class.is_in_tree() && storage_class.in_tree() == nullptr;
}

std::string no_secret_for(const Words& operations) {
  std::string text = "no ";
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (i > 0) text += i + 1 == operations.size() ? " and " : ", ";
    text += operations[i];
  }
  return text + " secret";
}

bool is_exempt(const model::StorageClass& storage_class, const ContextBase& context) {
  const auto& public_classes = context.settings.public_classes;
  const std::string& name = storage_class.object().id().name;
  return std::find(public_classes.begin(), public_classes.end(), name) != public_classes.end() ||
         (context.moment == Moment::Report && storage_class.has_name_of_operator());
}

bool lacks_token_name(const model::StorkObject& object) {
  return !object.token() || !object.token()->name;
}

bool lacks_token(const model::StorkObject& object) {
  return object.token_source() == model::TokenSource::Annotations && lacks_token_name(object) &&
         object.includes_volumes() && !object.is_suspended() && !object.is_static_copy() &&
         !object.is_child();
}

bool is_volume_without_token(const model::Object& object) {
  if (object.kind() != "PersistentVolume") return false;
  const json::Value csi = object.root()["spec"]["csi"];
  return model::is_portworx_csi(csi["driver"].text()) &&
         csi["nodePublishSecretRef"]["name"].text().empty();
}

std::optional<model::PxctlCall> tokenless_pxctl_call(const model::Workload& workload,
                                                     const ContextBase& context) {
  if (is_portworx_component(workload)) return std::nullopt;
  static const std::vector<model::Argument> none;
  for (const model::Container& container : workload.containers()) {
    const auto call = model::first_pxctl_call(container.words());
    if (!call || model::brings_pxctl_token(container.words())) continue;
    const std::string injected =
        workload.has_secret_injector()
            ? "what the secret injector sets in container " + printable(container.name(), 80)
            : std::string();
    const model::Settings settings(
        {workload.object(), container.env(), none, context.view, SIZE_MAX, injected});
    if (context.is_missing(settings.variable(model::kPxctlTokenEnv, false))) return call;
  }
  return std::nullopt;
}

}  // namespace pxguard::rules
