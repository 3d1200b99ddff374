#include "rules/model/claim.h"

#include "rules/model/storage_class.h"

namespace pxguard::model {
namespace {

std::string_view value_of(std::string_view name, const Object& claim) {
  constexpr std::string_view kAnnotation = "pvc.annotations['";
  if (name == "pvc.name") return claim.id().name;
  if (name == "pvc.namespace") return claim.id().ns;
  if (!name.starts_with(kAnnotation) || !name.ends_with("']")) return {};
  return claim.annotation(name.substr(kAnnotation.size(), name.size() - kAnnotation.size() - 2));
}

}  // namespace

bool is_claim(const Object& object) {
  return object.kind() == "PersistentVolumeClaim" && object.id().group().empty();
}

ClassName class_of_claim(const Object& claim) {
  constexpr std::string_view kBefore = "volume.beta.kubernetes.io/storage-class";
  if (!claim.annotation(kBefore).empty())
    return {claim.annotation(kBefore), FieldPath{"metadata", "annotations"}.key(kBefore)};
  return {claim.root()["spec"]["storageClassName"].text(), FieldPath{"spec", "storageClassName"}};
}

std::optional<std::string> resolved(std::string_view text, const Object& claim) {
  std::string made;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${")) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view value = value_of(text.substr(at + 2, end - at - 2), claim);
    if (value.empty()) return std::nullopt;
    made += text.substr(0, at);
    made += value;
    text.remove_prefix(end + 1);
  }
  return made.append(text);
}

IsPortworx is_of_portworx(const Object& claim, const ClusterView& view) {
  const std::string_view name = class_of_claim(claim).text;
  if (name.empty()) return IsPortworx::Unknown;
  const auto found = view.object(claim, "StorageClass", "", name);
  if (found.get() == nullptr) return IsPortworx::Unknown;
  return StorageClass::of(*found.get()) ? IsPortworx::Yes : IsPortworx::No;
}

}  // namespace pxguard::model
