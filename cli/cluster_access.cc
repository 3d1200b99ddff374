#include "cli/cluster_access.h"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

namespace pxguard::cli {

Result<cluster::Access> find_cluster(const std::string& cluster, const std::string& context,
                                     cluster::Surroundings around) {
  const bool is_pod = !around.service_host.empty();
  if (cluster == kInCluster && !is_pod)
    return Error{Error::Code::NotFound, "there is no service account of a Pod here"};
  if (cluster == kInCluster && !context.empty())
    return Error{Error::Code::Invalid, "a context belongs to a kubeconfig, not to in-cluster"};
  const bool is_in_cluster = cluster == kInCluster || (cluster.empty() && is_pod);
  if (is_in_cluster && context.empty()) {
    around.kubeconfig.clear();
    around.home.clear();
    return cluster::Access::find({}, around);
  }
  return cluster::Access::find({.kubeconfig = cluster, .context = context}, around);
}

bool wants_cluster(const std::string& cluster, const cluster::Surroundings& around) {
  if (!cluster.empty()) return cluster != kNoCluster;
  std::error_code unknown;
  return !around.service_host.empty() &&
         std::filesystem::exists(around.service_account + "/token", unknown);
}

std::string own_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "pxguard";
  return std::string(name.data()).substr(0, 63);
}

}  // namespace pxguard::cli
