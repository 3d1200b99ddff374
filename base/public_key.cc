#include "base/public_key.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <string_view>

#include "base/limits.h"

namespace pxguard {
namespace {

using Form = PublicKeyFacts::Form;
using Family = PublicKeyFacts::Family;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// Whatever fails in here is no business of the next one who looks at OpenSSL's list of errors: the
// thread may be one that serves TLS.
class QuietErrors {
 public:
  QuietErrors() { ERR_set_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() { ERR_pop_to_mark(); }
};

// One block. The bytes may be those of a private key.
class Block {
 public:
  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    OPENSSL_free(name_);
    OPENSSL_free(header_);
    OPENSSL_clear_free(bytes_, static_cast<std::size_t>(size_));
  }

  // The next one of `bio`. Does not decrypt, so that there is no password to ask for.
  [[nodiscard]] bool read(BIO* bio) {
    return PEM_read_bio(bio, &name_, &header_, &bytes_, &size_) == 1;
  }
  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] Form form() const {
    if (name().ends_with("PRIVATE KEY")) return Form::PrivateKey;
    if (name() == PEM_STRING_PUBLIC || name() == PEM_STRING_RSA_PUBLIC) return Form::PublicKey;
    if (name() == PEM_STRING_X509 || name() == PEM_STRING_X509_OLD) return Form::Certificate;
    return Form::Other;
  }

  [[nodiscard]] Key key() const {
    const unsigned char* at = bytes_;
    if (form() == Form::Certificate) {
      const std::unique_ptr<X509, decltype(&X509_free)> certificate(d2i_X509(nullptr, &at, size_),
                                                                    X509_free);
      return {certificate ? X509_get_pubkey(certificate.get()) : nullptr, EVP_PKEY_free};
    }
    if (name() == PEM_STRING_RSA_PUBLIC)
      return {d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size_), EVP_PKEY_free};
    return {form() == Form::PublicKey ? d2i_PUBKEY(nullptr, &at, size_) : nullptr, EVP_PKEY_free};
  }

 private:
  char* name_ = nullptr;
  char* header_ = nullptr;
  unsigned char* bytes_ = nullptr;
  long size_ = 0;
};

Family family_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA: return Family::Rsa;
    case EVP_PKEY_EC: return Family::Ec;
    default: return Family::Other;
  }
}

std::string curve_of(const EVP_PKEY* key) {
  std::array<char, 80> name{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return {};
  return {name.data(), size};
}

Bio memory_of(const SecretValue& text) {
  const std::string_view bytes = text.expose();
  return {BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), BIO_free};
}

void describe(const Block& block, PublicKeyFacts& facts) {
  facts.form = block.form();
  if (facts.form != Form::PublicKey && facts.form != Form::Certificate) return;
  const Key key = block.key();
  if (!key) {
    facts.form = Form::Broken;
    return;
  }
  facts.family = family_of(key.get());
  facts.bits = EVP_PKEY_get_bits(key.get());
  if (facts.family == Family::Ec) facts.curve = curve_of(key.get());
}

// Nothing at all that begins a block, or one that then is no PEM.
Form without_block() {
  return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ? Form::NotPem : Form::Broken;
}

}  // namespace

PublicKeyFacts public_key_facts(const SecretValue& text) {
  PublicKeyFacts facts;
  if (text.empty()) return facts;
  if (text.size() > limits::kPublicKey) {
    facts.form = Form::TooLarge;
    return facts;
  }
  const QuietErrors quiet;
  const Bio bio = memory_of(text);
  Block first;
  if (!first.read(bio.get())) {
    facts.form = without_block();
    return facts;
  }
  describe(first, facts);
  facts.has_private_key = first.form() == Form::PrivateKey;
  for (;;) {
    Block next;
    if (!next.read(bio.get())) return facts;
    facts.has_several_blocks = true;
    if (next.form() == Form::PrivateKey) facts.has_private_key = true;
  }
}

std::shared_ptr<evp_pkey_st> read_public_key(const SecretValue& text) {
  if (text.empty() || text.size() > limits::kPublicKey) return nullptr;
  const QuietErrors quiet;
  const Bio bio = memory_of(text);
  Block block;
  if (!block.read(bio.get())) return nullptr;
  Key key = block.key();
  if (!key || family_of(key.get()) == Family::Other) return nullptr;
  return {key.release(), EVP_PKEY_free};
}

}  // namespace pxguard
