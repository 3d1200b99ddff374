#include "certs/key_pair.h"

#include <openssl/pem.h>

#include <ctime>
#include <utility>

#include "base/limits.h"
#include "certs/openssl_handles.h"

namespace pxguard::certs {
namespace {

// Without a callback OpenSSL would ask for the passphrase on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

CertificateHandle next_certificate(BIO* pem) {
  return CertificateHandle(PEM_read_bio_X509(pem, nullptr, no_passphrase, nullptr));
}

// What ends the file is "no start line"; anything else is a damaged certificate.
bool is_at_end_of_pem() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

struct KeyPair::Parts {
  CertificateHandle leaf;
  ChainHandle chain;
  KeyHandle key;
};

KeyPair::KeyPair(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
KeyPair::KeyPair(KeyPair&&) noexcept = default;
KeyPair& KeyPair::operator=(KeyPair&&) noexcept = default;
KeyPair::~KeyPair() = default;

Result<KeyPair> KeyPair::parse(std::string_view certificates_pem, std::string_view key_pem) {
  if (certificates_pem.size() > limits::kKeyFile || key_pem.size() > limits::kKeyFile) {
    return Error{Error::Code::TooLarge, "the certificate or its key is larger than 1 MiB"};
  }
  ERR_clear_error();
  auto parts = std::make_unique<Parts>();
  const BioHandle certificates = memory_of(certificates_pem);
  parts->leaf = next_certificate(certificates.get());
  if (!parts->leaf) return Error{Error::Code::Invalid, "there is no certificate in PEM form"};
  parts->chain.reset(sk_X509_new_null());
  while (CertificateHandle above = next_certificate(certificates.get())) {
    sk_X509_push(parts->chain.get(), above.release());
  }
  if (!is_at_end_of_pem()) {
    return Error{Error::Code::Invalid, "a certificate of the chain is damaged"};
  }
  ERR_clear_error();

  const BioHandle key = memory_of(key_pem);
  parts->key.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!parts->key) {
    return Error{Error::Code::Invalid,
                 "there is no private key in PEM form, or it has a passphrase"};
  }
  if (X509_check_private_key(parts->leaf.get(), parts->key.get()) != 1) {
    ERR_clear_error();
    return Error{Error::Code::Invalid, "the private key does not belong to the certificate"};
  }
  return KeyPair(std::move(parts));
}

std::chrono::system_clock::time_point KeyPair::not_before() const {
  return time_of(X509_get0_notBefore(leaf()));
}
std::chrono::system_clock::time_point KeyPair::not_after() const {
  return time_of(X509_get0_notAfter(leaf()));
}

X509* KeyPair::leaf() const { return parts_->leaf.get(); }
EVP_PKEY* KeyPair::key() const { return parts_->key.get(); }
stack_st_X509* KeyPair::chain() const { return parts_->chain.get(); }

}  // namespace pxguard::certs
