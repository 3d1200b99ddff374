// Tokens and keys for tests, made and signed with OpenSSL when the test runs.
#pragma once

#include <doctest/doctest.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/base64.h"

namespace pxguard::test {

inline std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

inline std::string unsigned_token(std::string_view algorithm, std::string_view claims) {
  return base64url(R"({"typ":"JWT","alg":")" + std::string(algorithm) + "\"}") + '.' +
         base64url(claims);
}

inline const EVP_MD* digest_of(std::string_view algorithm) {
  if (algorithm.ends_with("384")) return EVP_sha384();
  return algorithm.ends_with("512") ? EVP_sha512() : EVP_sha256();
}

// HS256, HS384 or HS512.
inline std::string signed_with(std::string_view key, std::string_view claims,
                               std::string_view algorithm = "HS256") {
  const std::string text = unsigned_token(algorithm, claims);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(digest_of(algorithm), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return text + '.' + base64url({reinterpret_cast<const char*>(mac.data()), size});
}

using TestKey = std::shared_ptr<EVP_PKEY>;
inline TestKey rsa_key(unsigned int bits = 2048) { return {EVP_RSA_gen(bits), EVP_PKEY_free}; }
inline TestKey ec_key(const char* curve = "P-256") { return {EVP_EC_gen(curve), EVP_PKEY_free}; }

template <class Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  REQUIRE(write(bio.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}
inline std::string public_pem(const TestKey& key) {
  return pem([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); });
}
// Encrypted where a password is given.
inline std::string private_pem(const TestKey& key, const char* password = nullptr) {
  return pem([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(),
                                         password != nullptr ? EVP_aes_128_cbc() : nullptr, nullptr,
                                         0, nullptr, const_cast<char*>(password));
  });
}

// r and s, one behind the other, each of `half` bytes.
inline std::string raw_signature(std::string_view der, std::size_t half) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
  REQUIRE(pair);
  std::string raw(2 * half, '\0');
  auto* to = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), to, static_cast<int>(half));
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), to + half, static_cast<int>(half));
  return raw;
}

// RS* or ES*; `half` of ES*: 32, 48 or 66.
inline std::string signed_with(const TestKey& key, std::string_view claims,
                               std::string_view algorithm, std::size_t half = 0) {
  const std::string text = unsigned_token(algorithm, claims);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  REQUIRE(EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm), nullptr, key.get()) ==
          1);
  REQUIRE(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1);
  std::string signature(size, '\0');
  REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         bytes, text.size()) == 1);
  signature.resize(size);
  return text + '.' + base64url(half == 0 ? signature : raw_signature(signature, half));
}

}  // namespace pxguard::test
