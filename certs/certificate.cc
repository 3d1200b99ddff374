#include "certs/certificate.h"

#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "certs/openssl_handles.h"

namespace pxguard::certs {
namespace {

using NamesHandle = std::unique_ptr<GENERAL_NAMES, FreeBy<GENERAL_NAMES_free>>;
using StoreHandle = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using VerificationHandle = std::unique_ptr<X509_STORE_CTX, FreeBy<X509_STORE_CTX_free>>;

constexpr std::size_t kName = 200;

std::string text_of(const X509_NAME* name) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return printable({data, size > 0 ? static_cast<std::size_t>(size) : 0}, kName);
}

std::string address(const ASN1_OCTET_STRING* bytes) {
  const unsigned char* data = ASN1_STRING_get0_data(bytes);
  const int size = ASN1_STRING_length(bytes);
  if (size == 4) return fmt::format("{}.{}.{}.{}", data[0], data[1], data[2], data[3]);
  std::string text;
  for (int i = 0; i + 1 < size; i += 2)
    text += fmt::format("{}{:x}", i == 0 ? "" : ":", data[i] << 8 | data[i + 1]);
  return text;
}

std::vector<std::string> names_of(const X509* certificate) {
  const NamesHandle names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> texts;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      const auto* data = ASN1_STRING_get0_data(name->d.dNSName);
      const auto size = static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName));
      texts.push_back(printable({reinterpret_cast<const char*>(data), size}, kName));
    }
    if (name->type == GEN_IPADD) texts.push_back(address(name->d.iPAddress));
  }
  return texts;
}

std::string fingerprint(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string pem_of(X509* certificate) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509(out.get(), certificate) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, size > 0 ? static_cast<std::size_t>(size) : 0};
}

Certificate described(X509* certificate) {
  return {.id = fingerprint(certificate),
          .subject = text_of(X509_get_subject_name(certificate)),
          .issuer = text_of(X509_get_issuer_name(certificate)),
          .names = names_of(certificate),
          .validity = {time_of(X509_get0_notBefore(certificate)),
                       time_of(X509_get0_notAfter(certificate))},
          .is_authority = X509_check_ca(certificate) != 0,
          .pem = pem_of(certificate)};
}

// A bundle is somebody else's text: one bad certificate does not hide the ones behind it.
std::vector<CertificateHandle> read(std::string_view pem) {
  std::vector<CertificateHandle> found;
  if (pem.size() > limits::kKeyFile) return found;
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  for (auto at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at + 1)) {
    const BioHandle text = memory_of(pem.substr(at));
    CertificateHandle one(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    if (one) found.push_back(std::move(one));
  }
  ERR_clear_error();
  return found;
}

bool signed_by(X509* leaf, X509* authority) {
  const bool is = X509_check_issued(authority, leaf) == X509_V_OK &&
                  X509_verify(leaf, X509_get0_pubkey(authority)) == 1;
  ERR_clear_error();
  return is;
}

// Go takes every certificate of a bundle as one to end a chain with.
StoreHandle store_of(std::string_view bundle) {
  StoreHandle store(X509_STORE_new());
  if (!store) return store;
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  for (const CertificateHandle& one : read(bundle)) X509_STORE_add_cert(store.get(), one.get());
  ERR_clear_error();
  return store;
}

}  // namespace

bool Certificate::is_for(std::string_view dns_name) const {
  const auto takes = [dns_name](std::string_view name) {
    if (lower(name) == lower(dns_name)) return true;
    const auto dot = dns_name.find('.');
    return name.starts_with("*.") && dot != std::string_view::npos &&
           lower(name.substr(1)) == lower(dns_name.substr(dot));
  };
  return std::any_of(names.begin(), names.end(), takes);
}

std::vector<Certificate> certificates_in(std::string_view pem) {
  std::vector<Certificate> all;
  for (const CertificateHandle& one : read(pem)) {
    Certificate facts = described(one.get());
    const bool is_known = std::any_of(
        all.begin(), all.end(), [&](const Certificate& other) { return other.id == facts.id; });
    if (!is_known) all.push_back(std::move(facts));
  }
  return all;
}

Certificate leaf_of(const KeyPair& pair) { return described(pair.leaf()); }

std::string signer_of(std::string_view leaf_pem, const std::vector<Certificate>& authorities) {
  const auto leaf = read(leaf_pem);
  if (leaf.empty()) return {};
  for (const Certificate& authority : authorities) {
    const auto certificate = read(authority.pem);
    if (!certificate.empty() && signed_by(leaf.front().get(), certificate.front().get()))
      return authority.id;
  }
  return {};
}

std::optional<std::string> why_not_trusted(const KeyPair& pair, std::string_view bundle,
                                           const std::string& dns_name,
                                           std::chrono::system_clock::time_point now) {
  const StoreHandle store = store_of(bundle);
  const VerificationHandle context(X509_STORE_CTX_new());
  if (!store || !context ||
      X509_STORE_CTX_init(context.get(), store.get(), pair.leaf(), pair.chain()) != 1)
    return "no memory to verify";
  X509_VERIFY_PARAM* wants = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(wants, std::chrono::system_clock::to_time_t(now));
  X509_VERIFY_PARAM_set_purpose(wants, X509_PURPOSE_SSL_SERVER);
  // Go looks at the SAN alone.
  X509_VERIFY_PARAM_set_hostflags(wants, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  X509_VERIFY_PARAM_set1_host(wants, dns_name.c_str(), dns_name.size());
  const bool is_trusted = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (is_trusted) return std::nullopt;
  return std::string(X509_verify_cert_error_string(error));
}

}  // namespace pxguard::certs
