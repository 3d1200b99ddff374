// Where classes, claims, volumes and Stork's objects say which Secret holds the token: a name and a
// namespace, in one of two families.
//   csi.storage.k8s.io/<operation>-secret-name, -namespace   parameters, read by the CSI sidecars
//   openstorage.io/auth-secret-name, -namespace              parameters of in-tree classes,
//                                                            annotations; read by Portworx, Stork
// A PersistentVolume has the first as references of its spec.csi.
// Sources: Kubernetes CSI documentation, StorageClass and VolumeSnapshotClass secrets; openstorage
// api/server/middleware_auth.go; stork drivers/volume/portworx/portworx.go.
//
// Lifetime: owns everything. Threads: any number may read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/field_path.h"
#include "rules/model/object.h"

namespace pxguard::model {

inline constexpr std::string_view kCsiPrefix = "csi.storage.k8s.io/";
inline constexpr std::string_view kAuthSecretName = "openstorage.io/auth-secret-name";
inline constexpr std::string_view kAuthSecretNamespace = "openstorage.io/auth-secret-namespace";

struct TokenReference {
  enum class Family { Csi, OpenStorage };

  Family family = Family::OpenStorage;
  std::string operation{};            // "provisioner", "node-publish"; "" of OpenStorage
  std::optional<std::string> name{};  // none: not written, or empty
  std::optional<std::string> ns{};
  FieldPath name_path{};  // where it is, or would be added
  FieldPath ns_path{};

  [[nodiscard]] bool is_pair() const { return name && ns; }
  [[nodiscard]] bool is_templated() const;  // ${...} in the name or the namespace
  // Whether it can mean this Secret: a template in the namespace may become any. One in the name
  // is not followed.
  [[nodiscard]] bool may_mean(std::string_view secret_ns, std::string_view secret_name) const;
};

// Of a class its parameters; of a PersistentVolume spec.csi and annotations; of a claim and Stork's
// objects the annotations. In the order of the document; none for other kinds.
std::vector<TokenReference> token_references(const Object& object);
// The same of one map: `parameters`, or annotations.
std::vector<TokenReference> token_references(json::Value map, const FieldPath& path);

}  // namespace pxguard::model
