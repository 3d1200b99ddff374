// A KeyPair is a certificate chain and the private key that belongs to its first certificate: the
// two are known to match.
//
// Threads: any number may read.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string_view>

#include "base/result.h"

struct stack_st_X509;

namespace pxguard::certs {

class KeyPair {
 public:
  // Both as PEM. The leaf comes first; a key with a passphrase is refused.
  static Result<KeyPair> parse(std::string_view certificates_pem, std::string_view key_pem);

  KeyPair(KeyPair&&) noexcept;
  KeyPair& operator=(KeyPair&&) noexcept;
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
  ~KeyPair();

  [[nodiscard]] std::chrono::system_clock::time_point not_before() const;
  [[nodiscard]] std::chrono::system_clock::time_point not_after() const;

  // For OpenSSL's calls, which take no const. Owned by this.
  [[nodiscard]] X509* leaf() const;
  [[nodiscard]] EVP_PKEY* key() const;
  [[nodiscard]] stack_st_X509* chain() const;  // what stands between the leaf and its CA

 private:
  struct Parts;
  explicit KeyPair(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace pxguard::certs
