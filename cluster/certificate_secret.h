// The Secret in which a self-managed webhook keeps its CA and serving certificate, as JSON that is
// read and written: type kubernetes.io/tls with ca.crt and ca.key, ca-next.*, ca-old.crt beside.
//
// Lifetime: keys live as long as what is returned, and are wiped with it. Threads: safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/wiped.h"
#include "certs/custody.h"
#include "cluster/resource.h"

namespace pxguard::cluster {

inline constexpr std::string_view kRotate = "pxguard.io/rotate";
inline constexpr std::string_view kOldUntil = "pxguard.io/old-ca-until";

[[nodiscard]] const Resource& certificate_secrets();

struct CertificateSecret {
  certs::Custody custody{};
  std::string version{};
  bool is_foreign = false;  // somebody else's: a certificate is in it and no CA of ours

  static CertificateSecret read(json::Value secret);
};

struct SecretPlace {
  std::string ns{};
  std::string name{};
};

// Of the old version what changes, for Client::merge; with no version the whole, for
// Client::create. Appended to `text`, which is wiped.
void write_certificate_secret(const SecretPlace& place, const certs::Custody& custody,
                              std::string_view version, Wiped& text);
// What asks for a rotation, and what lets old CAs go at once: of annotations alone.
[[nodiscard]] std::string rotation_request(std::string_view why);
[[nodiscard]] std::string end_of_old(certs::Time now);

}  // namespace pxguard::cluster
