// Where `serve` has its certificate from: two files, or an authority of its own.
//
// Threads: one may poll; the published pair is read by any number.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/published.h"
#include "base/result.h"
#include "certs/authority.h"
#include "certs/file_source.h"

namespace pxguard::cli {

using CertificateTime = std::chrono::system_clock::time_point;

// What the API server calls the webhook by: its Service in deploy/install.yaml.
std::vector<std::string> service_names();
// From a little before `now`, since clocks of two machines differ.
certs::Validity valid_for(std::chrono::hours life, CertificateTime now);
// A new CA, for ten years.
Result<certs::Authority> new_authority(CertificateTime now);

// Says long before a certificate expires that nobody renewed it, and not more than once a day.
class ExpiryWarning {
 public:
  std::optional<std::string_view> look(certs::Validity validity, CertificateTime now);

 private:
  CertificateTime next_{};
};

// Makes a CA that lives as long as the process, and leaves that it renews. For trying things out:
// each start is a new CA, which the webhook configuration has to be told.
class SelfSigned {
 public:
  using Time = CertificateTime;

  static Result<SelfSigned> create(Time now, std::vector<std::string> ip_addresses,
                                   Published<certs::KeyPair>& pairs);

  // Signs a new leaf where the current one is due. True where it did.
  Result<bool> poll(Time now);
  // What goes into caBundle, as base64 of PEM.
  [[nodiscard]] Result<std::string> ca_bundle() const;

 private:
  SelfSigned(certs::Authority authority, std::vector<std::string> ip_addresses,
             Published<certs::KeyPair>& pairs);

  certs::Authority authority_;
  std::vector<std::string> ip_addresses_;
  Published<certs::KeyPair>* pairs_;
};

}  // namespace pxguard::cli
