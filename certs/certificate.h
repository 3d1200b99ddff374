// What there is to know of certificates without their keys: for people, for the decision what
// becomes next, and whether a client that trusts a bundle would take what we serve.
//
// Threads: safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.h"
#include "certs/key_pair.h"

namespace pxguard::certs {

struct Certificate {
  std::string id{};       // SHA-256, in hex
  std::string subject{};  // "CN=pxguard", printable
  std::string issuer{};
  std::vector<std::string> names{};  // of the SAN: DNS names and IP addresses
  Validity validity{};
  bool is_authority = false;
  std::string pem{};

  [[nodiscard]] bool is_for(std::string_view dns_name) const;
};

// Those that can be read, in their order, each once; what else is in `pem` is passed over.
[[nodiscard]] std::vector<Certificate> certificates_in(std::string_view pem);
[[nodiscard]] Certificate leaf_of(const KeyPair& pair);

// The first of the CAs that signed the leaf; "" where none did.
[[nodiscard]] std::string signer_of(std::string_view leaf_pem,
                                    const std::vector<Certificate>& authorities);

// Why a client that trusts the certificates of `bundle` and calls us by `dns_name` refuses what we
// serve, in OpenSSL's words; none where it does not. A bundle without a certificate trusts nobody.
[[nodiscard]] std::optional<std::string> why_not_trusted(const KeyPair& pair,
                                                         std::string_view bundle,
                                                         const std::string& dns_name,
                                                         std::chrono::system_clock::time_point now);

}  // namespace pxguard::certs
