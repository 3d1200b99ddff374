// pxguard certs show and certs rotate: what certificates there are, what is published, and a new CA
// when it is asked for. Never a key.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

#include "cluster/client.h"

namespace pxguard::cli {

struct CertsShowOptions {
  std::vector<std::string> files{};            // certificates in PEM; none: of the cluster
  std::string secret = "pxguard/pxguard-tls";  // NAMESPACE/NAME
  std::string service = "pxguard/pxguard";     // what the API server calls
  std::string format = "text";                 // or json
  std::string cluster{};
  std::string context{};
};

struct CertsRotateOptions {
  std::string secret = "pxguard/pxguard-tls";
  bool drop_old = false;  // instead: what the old CA signed is not trusted any more, from now on
  std::string cluster{};
  std::string context{};
};

// The exit status: 0, 1 where something is expired, about to, or not trusted by what is published,
// 2 for wrong options, 3 for a file or cluster that cannot be read.
int show_certs(const CertsShowOptions& options);
int show_certs(const CertsShowOptions& options, cluster::Client& client,
               std::chrono::system_clock::time_point now, std::ostream& out, std::ostream& err);
// 0, 2, or 3.
int rotate_certs(const CertsRotateOptions& options);
int rotate_certs(const CertsRotateOptions& options, cluster::Client& client,
                 std::chrono::system_clock::time_point now, std::ostream& out, std::ostream& err);

}  // namespace pxguard::cli
