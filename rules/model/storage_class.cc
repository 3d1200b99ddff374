#include "rules/model/storage_class.h"

#include <algorithm>
#include <array>

namespace pxguard::model {
namespace {

bool is_written(const TokenReference& reference) { return reference.name || reference.ns; }

}  // namespace

bool is_portworx_csi(std::string_view driver) {
  return driver == "pxd.portworx.com" || driver == "com.openstorage.pxd";
}

const TokenReference* csi_reference(const std::vector<TokenReference>& references,
                                    std::string_view operation) {
  for (const TokenReference& reference : references) {
    if (reference.family == TokenReference::Family::Csi && reference.operation == operation)
      return is_written(reference) ? &reference : nullptr;
  }
  return nullptr;
}

std::optional<StorageClass> StorageClass::of(const Object& object) {
  if (object.kind() != "StorageClass" || object.id().group() != "storage.k8s.io")
    return std::nullopt;
  const std::string_view provisioner = object.root()["provisioner"].text();
  const bool is_in_tree = provisioner == kInTreeProvisioner;
  if (!is_in_tree && !is_portworx_csi(provisioner)) return std::nullopt;
  return StorageClass(object, is_in_tree);
}

bool StorageClass::is_direct_access() const {
  const std::string_view backend = object_->root()["parameters"]["backend"].text();
  return is_csi() && (backend == "pure_block" || backend == "pure_file");
}

bool StorageClass::allows_expansion() const {
  return object_->root()["allowVolumeExpansion"].boolean_or(false);
}

bool StorageClass::has_name_of_operator() const {
  constexpr std::string_view kEncrypted = "-encrypted";
  constexpr std::array<std::string_view, 4> kNames = {"db", "replicated", "db-local-snapshot",
                                                      "db-cloud-snapshot"};
  std::string_view name = object_->id().name;
  if (!name.starts_with("px-")) return false;
  name.remove_prefix(3);
  if (name.starts_with("csi-")) name.remove_prefix(4);
  if (name.ends_with(kEncrypted)) name.remove_suffix(kEncrypted.size());
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

const TokenReference* StorageClass::csi(std::string_view operation) const {
  return csi_reference(references_, operation);
}

const TokenReference* StorageClass::in_tree() const {
  for (const TokenReference& reference : references_) {
    if (reference.family == TokenReference::Family::OpenStorage)
      return is_written(reference) ? &reference : nullptr;
  }
  return nullptr;
}

}  // namespace pxguard::model
