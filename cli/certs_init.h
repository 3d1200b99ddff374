// pxguard certs init: a CA and a serving certificate, as files.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

namespace pxguard::cli {

struct CertsInitOptions {
  std::string out = ".";                    // the folder; made where it is missing
  std::vector<std::string> dns_names{};     // none of either: those of the Service
  std::vector<std::string> ip_addresses{};  // of either family
  int days = 90;                            // the life of the serving certificate
};

// Writes ca.crt, ca.key, tls.crt and tls.key, the keys for their owner alone. A CA that is there
// already signs again; a serving certificate that is there is never replaced. The exit status: 2
// for a name or number that cannot be, 3 for a folder or file.
int init_certs(const CertsInitOptions& options);
int init_certs(const CertsInitOptions& options, std::chrono::system_clock::time_point now,
               std::ostream& out, std::ostream& err);

}  // namespace pxguard::cli
