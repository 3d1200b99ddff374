// What pods hold that have been running for a while: variables from Secrets keep the bytes that
// they had when the container started (Kubernetes documentation, Secrets as environment variables).
#pragma once

#include <vector>

#include "rules/rule.h"

namespace pxguard::rules {

// Pods that started before the data of a Secret that they take a key from was changed. `path`: of
// the workload, where to report it.
Findings find_pods_with_old_keys(const model::Object& workload, const model::FieldPath& path,
                                 const ContextBase& context);

// A pod of Portworx, as it was started.
struct PortworxPod {
  const model::Object* object = nullptr;
  model::PortworxConfig config;
};

std::vector<PortworxPod> portworx_pods(const model::PortworxConfig& portworx,
                                       const ContextBase& context);
// What the pods are to have: of a DaemonSet its template; the operator's are compared with the one
// that it made last. REQUIRES: !pods.empty()
const model::PortworxConfig& wanted_of_pods(const model::PortworxConfig& portworx,
                                            const std::vector<PortworxPod>& pods);

}  // namespace pxguard::rules
