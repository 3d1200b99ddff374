// --cluster and --context: to which API server, and as whom.
#pragma once

#include <string>
#include <string_view>

#include "cluster/access.h"

namespace pxguard::cli {

inline constexpr std::string_view kInCluster = "in-cluster";
inline constexpr std::string_view kNoCluster = "none";

// `cluster`: "in-cluster", a kubeconfig, or "" for the service account of this Pod where there is
// one and the kubeconfig of kubectl where there is none. The error is a sentence for people.
Result<cluster::Access> find_cluster(const std::string& cluster, const std::string& context,
                                     cluster::Surroundings around);

// Whether `serve` looks into a cluster: not with "none", and of itself only where this Pod was
// given a service account's token.
bool wants_cluster(const std::string& cluster, const cluster::Surroundings& around);

// The name of this Pod, as its host name says it; "pxguard" where there is none.
std::string own_name();

}  // namespace pxguard::cli
