#include "cli/manifest/cluster_scope.h"

#include <algorithm>
#include <string_view>

namespace pxguard::manifest {
namespace {

// Sorted. Kubernetes' own (kubectl api-resources --namespaced=false), then those of Stork and
// Portworx (stork pkg/apis/stork/v1alpha1, markers nonNamespaced; autopilot AutopilotRule), then
// some of other projects that often lie beside them.
constexpr std::string_view kKinds[] = {
    "APIService",
    "ApplicationRegistration",
    "AutopilotRule",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterDomainUpdate",
    "ClusterDomainsStatus",
    "ClusterExternalSecret",
    "ClusterIssuer",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterSecretStore",
    "CustomResourceDefinition",
    "FlowSchema",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PodSecurityPolicy",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "SchedulePolicy",
    "SecurityContextConstraints",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
    "VolumePlacementStrategy",
    "VolumeSnapshotClass",
    "VolumeSnapshotContent",
};

}  // namespace

bool is_cluster_scoped(const model::ObjectId& id) {
  return std::binary_search(std::begin(kKinds), std::end(kKinds), std::string_view(id.kind));
}

}  // namespace pxguard::manifest
