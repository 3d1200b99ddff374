// A StorageClass of a Portworx driver, as its tokens are concerned.
// Sources: Portworx documentation, StorageClass setup and FlashArray prerequisites (operations that
// need a token); operator drivers/storage/portworx/component/portworx_sc.go (its own classes);
// openstorage api/server/middleware_auth.go (in-tree parameters).
//
// Lifetime: valid while the Object that it was made from is alive and stays where it is.
// Threads: any number may read.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rules/model/object.h"
#include "rules/model/token_reference.h"

namespace pxguard::model {

// pxd.portworx.com, or the name that it had before.
[[nodiscard]] bool is_portworx_csi(std::string_view driver);
inline constexpr std::string_view kInTreeProvisioner = "kubernetes.io/portworx-volume";

class StorageClass {
 public:
  // None of another provisioner.
  static std::optional<StorageClass> of(const Object& object);
  static std::optional<StorageClass> of(Object&&) = delete;

  [[nodiscard]] const Object& object() const { return *object_; }
  [[nodiscard]] bool is_in_tree() const { return is_in_tree_; }
  [[nodiscard]] bool is_csi() const { return !is_in_tree_; }
  // FlashArray and FlashBlade Direct Access: volumes that are attached and staged by the driver.
  [[nodiscard]] bool is_direct_access() const;
  [[nodiscard]] bool allows_expansion() const;
  // One of the 16 classes that the operator makes without tokens.
  [[nodiscard]] bool has_name_of_operator() const;

  // Of the parameters, both families.
  [[nodiscard]] const std::vector<TokenReference>& references() const { return references_; }
  // What the driver reads: null where neither name nor namespace is written.
  [[nodiscard]] const TokenReference* csi(std::string_view operation) const;
  [[nodiscard]] const TokenReference* in_tree() const;
  // What this provisioner reads.
  [[nodiscard]] TokenReference::Family family() const {
    return is_in_tree_ ? TokenReference::Family::OpenStorage : TokenReference::Family::Csi;
  }
  [[nodiscard]] bool reads(const TokenReference& reference) const {
    return reference.family == family();
  }

 private:
  StorageClass(const Object& object, bool is_in_tree)
      : object_(&object), is_in_tree_(is_in_tree), references_(token_references(object)) {}

  const Object* object_;
  bool is_in_tree_;
  std::vector<TokenReference> references_;
};

// null where the operation has neither a name nor a namespace.
const TokenReference* csi_reference(const std::vector<TokenReference>& references,
                                    std::string_view operation);

}  // namespace pxguard::model
