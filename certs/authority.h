// An Authority signs certificates: one P-256 key, one self-signed CA certificate. It is what
// `serve --self-signed` makes for itself, and `certs init` for a cluster without cert-manager.
//
// Threads: any number may read.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret_value.h"
#include "certs/key_pair.h"

namespace pxguard::certs {

struct Validity {
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
};

// Two thirds of a certificate's life are for use, the last is for noticing that renewal fails. One
// that is not valid yet is due, too: the clock has been set back.
[[nodiscard]] bool is_due_for_renewal(Validity validity, std::chrono::system_clock::time_point now);

enum class Usage { Server, Client };

struct LeafRequest {
  std::string common_name{};
  std::vector<std::string> dns_names{};     // what a client calls it; CN alone is refused by Go
  std::vector<std::string> ip_addresses{};  // of either family, without a mask
  Usage usage = Usage::Server;
  Validity validity{};
};

// A certificate and its key as they are written to a Secret or to files.
struct Issued {
  std::string certificate_pem;
  SecretValue key_pem;

  [[nodiscard]] Result<KeyPair> pair() const;
  // As files, the key for its owner alone.
  [[nodiscard]] std::optional<Error> write_to(const std::string& certificate_path,
                                              const std::string& key_path) const;
};

class Authority {
 public:
  static Result<Authority> create(std::string_view common_name, Validity validity);
  static Result<Authority> load(std::string_view certificate_pem, std::string_view key_pem);
  static Result<Authority> load(const Issued& issued);

  // The certificate alone: what goes into a caBundle.
  [[nodiscard]] Result<std::string> certificate_pem() const;
  [[nodiscard]] Result<Issued> exported() const;
  [[nodiscard]] Validity validity() const { return {pair_.not_before(), pair_.not_after()}; }

  [[nodiscard]] Result<Issued> issue(const LeafRequest& request) const;

 private:
  explicit Authority(KeyPair pair) : pair_(std::move(pair)) {}
  KeyPair pair_;
};

}  // namespace pxguard::certs
