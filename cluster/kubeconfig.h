// Files as kubectl keeps them: clusters, users, and contexts that pair the two.
//
// Where a name stands in several files the first one counts, as for kubectl. What we do not do is
// refused in a sentence, never skipped: passwords, auth-providers, impersonation, proxies, and
// servers whose certificate is not to be checked.
//
// Threads: safe.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cluster/credentials.h"
#include "cluster/http_transport.h"

namespace pxguard::cluster {

// One server, and who we are to it.
struct Setup {
  std::string server{};  // as it was written
  Endpoint endpoint{};
  std::string authorities{};  // PEM; "": those of this machine
  User user{};
  std::string ns = "default";
  std::string origin{};
};

struct KubeconfigFile {
  std::string path{};
  std::string text{};
};

// `context`: "" for the current one. Relative paths lead from the folder of the file that they
// stand in. Reads CA files, and nothing else. Errors begin with the file, and name the field.
Result<Setup> read_kubeconfig(const std::vector<KubeconfigFile>& files, const std::string& context);

}  // namespace pxguard::cluster
