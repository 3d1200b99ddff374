// A PersistentVolumeClaim as its class and its token are concerned.
// Source: Kubernetes CSI documentation, StorageClass secrets (what templates become).
//
// Threads: safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/model/cluster_view.h"
#include "rules/model/field_path.h"
#include "rules/model/object.h"

namespace pxguard::model {

[[nodiscard]] bool is_claim(const Object& object);

struct ClassName {
  std::string_view text;  // of the claim; "" for the cluster's default class
  FieldPath path;
};
[[nodiscard]] ClassName class_of_claim(const Object& claim);

// With ${pvc.name}, ${pvc.namespace} and ${pvc.annotations['k']} replaced as for this claim. None
// where another template is left, or the claim does not have what is asked for.
[[nodiscard]] std::optional<std::string> resolved(std::string_view text, const Object& claim);

// A volume of Portworx, as far as the claim's class is in view.
enum class IsPortworx { Yes, No, Unknown };
[[nodiscard]] IsPortworx is_of_portworx(const Object& claim, const ClusterView& view);

}  // namespace pxguard::model
