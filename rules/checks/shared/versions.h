// Which versions are in use: what an image or annotation says, else what whoever runs the check
// says. None: unknown, which is never "old".
#pragma once

#include <optional>

#include "rules/rule.h"

namespace pxguard::rules {

[[nodiscard]] std::optional<model::Version> portworx_version(const model::PortworxConfig& portworx,
                                                             const ContextBase& context);
// Of Stork; an Autopilot has the version of its own image alone.
[[nodiscard]] std::optional<model::Version> stork_version(const model::StorkConfig& stork,
                                                          const ContextBase& context);

// Portworx before 2.6 or Stork before 2.5: the operator then gives Portworx the key of Stork's
// tokens under its old name. Source: operator deployment.go, getEnvList.
[[nodiscard]] bool is_before_apps_key(const model::StorkConfig& stork,
                                      const model::PortworxConfig& portworx,
                                      const ContextBase& context);

// The Deployment of the Portworx operator that works with this Portworx; null where none is in
// view. Sources: portworx/helm, charts/portworx: the image px-operator; portworx-operator is the
// name of the Deployment and of mirrors; manifests of operator 1.0 have openstorage-operator.
[[nodiscard]] const model::Object* operator_deployment(const model::PortworxConfig& portworx,
                                                       const ContextBase& context);
// The image of the operator's container; none where the object is not the operator.
struct OperatorImage {
  std::optional<model::Version> version{};  // that its tag tells
  model::FieldPath path{};
};
[[nodiscard]] std::optional<OperatorImage> operator_image(const model::Object& object);
// The version of the operator that works with this Portworx.
[[nodiscard]] std::optional<model::Version> operator_version(const model::PortworxConfig& portworx,
                                                             const ContextBase& context);

// "Older" only of what is known.
[[nodiscard]] inline bool is_older(const std::optional<model::Version>& version,
                                   const model::Version& than) {
  return version && *version < than;
}

}  // namespace pxguard::rules
