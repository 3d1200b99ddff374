#include "certs/authority.h"

#include <fmt/format.h>
#include <openssl/pem.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/file_system.h"
#include "certs/openssl_handles.h"

namespace pxguard::certs {
namespace {

// The longest that X.509 allows in a common name; the names that count are in the SAN.
constexpr std::size_t kCommonName = 64;
constexpr int kSerialBits = 127;

Error fault(std::string_view what) {
  ERR_clear_error();
  return {Error::Code::Internal, fmt::format("OpenSSL could not {}", what)};
}

struct Extension {
  int nid;
  std::string value;
};

bool add_extension(X509* certificate, X509* issuer, const Extension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionHandle made(
      X509V3_EXT_conf_nid(nullptr, &context, extension.nid, extension.value.c_str()));
  return made && X509_add_ext(certificate, made.get(), -1) == 1;
}

bool set_random_serial(X509* certificate) {
  const NumberHandle number(BN_new());
  return number && BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_time(ASN1_TIME* field, std::chrono::system_clock::time_point time) {
  return ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(time)) != nullptr;
}

bool set_common_name(X509_NAME* name, std::string_view text) {
  const std::string cut(text.substr(0, kCommonName));
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(cut.data()),
                                    static_cast<int>(cut.size()), -1, 0) == 1;
}

// Unsigned yet, subject set, for `key`.
CertificateHandle draft(EVP_PKEY* key, std::string_view common_name, Validity validity) {
  CertificateHandle certificate(X509_new());
  const bool made = certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                    set_random_serial(certificate.get()) &&
                    set_time(X509_getm_notBefore(certificate.get()), validity.not_before) &&
                    set_time(X509_getm_notAfter(certificate.get()), validity.not_after) &&
                    set_common_name(X509_get_subject_name(certificate.get()), common_name) &&
                    X509_set_pubkey(certificate.get(), key) == 1;
  return made ? std::move(certificate) : nullptr;
}

bool sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key,
          const std::vector<Extension>& extensions) {
  if (X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1) return false;
  for (const Extension& extension : extensions) {
    if (!add_extension(certificate, issuer, extension)) return false;
  }
  return X509_sign(certificate, issuer_key, EVP_sha256()) > 0;
}

// OpenSSL reads the names from one line with commas, so a name must not bring its own.
bool is_dns_name(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*";
  return !name.empty() && name.size() <= 253 &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool is_ip_address(const std::string& text) {
  ASN1_OCTET_STRING* parsed = a2i_IPADDRESS(text.c_str());
  ASN1_OCTET_STRING_free(parsed);
  ERR_clear_error();
  return parsed != nullptr;
}

Result<std::string> alternative_names(const LeafRequest& request) {
  std::string names;
  for (const std::string& name : request.dns_names) {
    if (!is_dns_name(name)) {
      return Error{Error::Code::Invalid, "a DNS name for the certificate is malformed"};
    }
    names += fmt::format("{}DNS:{}", names.empty() ? "" : ",", name);
  }
  for (const std::string& address : request.ip_addresses) {
    if (!is_ip_address(address)) {
      return Error{Error::Code::Invalid, "an IP address for the certificate is malformed"};
    }
    names += fmt::format("{}IP:{}", names.empty() ? "" : ",", address);
  }
  return names;
}

std::string_view contents(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, size > 0 ? static_cast<std::size_t>(size) : 0};
}

Result<Issued> written(X509* certificate, EVP_PKEY* key) {
  const BioHandle certificate_pem(BIO_new(BIO_s_mem()));
  // Wiped when it is freed.
  const BioHandle key_pem(BIO_new(BIO_s_secmem()));
  if (!certificate_pem || !key_pem || PEM_write_bio_X509(certificate_pem.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key, nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return fault("write a certificate");
  }
  return Issued{std::string(contents(certificate_pem.get())), SecretValue(contents(key_pem.get()))};
}

}  // namespace

bool is_due_for_renewal(Validity validity, std::chrono::system_clock::time_point now) {
  return now < validity.not_before ||
         now >= validity.not_before + (validity.not_after - validity.not_before) * 2 / 3;
}

Result<KeyPair> Issued::pair() const { return KeyPair::parse(certificate_pem, key_pem.expose()); }

std::optional<Error> Issued::write_to(const std::string& certificate_path,
                                      const std::string& key_path) const {
  const auto key = write_file(key_path, key_pem.expose(), Readers::OwnerAlone);
  if (!key) return key.error();
  const auto certificate = write_file(certificate_path, certificate_pem);
  if (!certificate) return certificate.error();
  return std::nullopt;
}

Result<Authority> Authority::create(std::string_view common_name, Validity validity) {
  const KeyHandle key(EVP_EC_gen("P-256"));
  if (!key) return fault("make a P-256 key");
  const CertificateHandle certificate = draft(key.get(), common_name, validity);
  const bool made = certificate && sign(certificate.get(), certificate.get(), key.get(),
                                        {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                         {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                         {NID_subject_key_identifier, "hash"}});
  if (!made) return fault("make a CA certificate");
  const Result<Issued> issued = written(certificate.get(), key.get());
  if (!issued) return issued.error();
  Result<KeyPair> pair = issued->pair();
  if (!pair) return pair.error();
  return Authority(std::move(pair).value());
}

Result<Authority> Authority::load(std::string_view certificate_pem, std::string_view key_pem) {
  Result<KeyPair> pair = KeyPair::parse(certificate_pem, key_pem);
  if (!pair) return pair.error();
  if (X509_check_ca(pair->leaf()) != 1) {
    return Error{Error::Code::Invalid, "the certificate is not one of a CA"};
  }
  return Authority(std::move(pair).value());
}

Result<Authority> Authority::load(const Issued& issued) {
  return load(issued.certificate_pem, issued.key_pem.expose());
}

Result<std::string> Authority::certificate_pem() const {
  const BioHandle pem(BIO_new(BIO_s_mem()));
  if (!pem || PEM_write_bio_X509(pem.get(), pair_.leaf()) != 1) return fault("write a certificate");
  return std::string(contents(pem.get()));
}

Result<Issued> Authority::exported() const { return written(pair_.leaf(), pair_.key()); }

Result<Issued> Authority::issue(const LeafRequest& request) const {
  Result<std::string> names = alternative_names(request);
  if (!names) return names.error();
  const KeyHandle key(EVP_EC_gen("P-256"));
  if (!key) return fault("make a P-256 key");
  std::vector<Extension> extensions = {
      {NID_basic_constraints, "critical,CA:FALSE"},
      {NID_key_usage, "critical,digitalSignature"},
      {NID_ext_key_usage, request.usage == Usage::Server ? "serverAuth" : "clientAuth"},
      {NID_subject_key_identifier, "hash"},
      {NID_authority_key_identifier, "keyid:always"}};
  if (!names->empty()) extensions.push_back({NID_subject_alt_name, *names});
  const CertificateHandle leaf = draft(key.get(), request.common_name, request.validity);
  if (!leaf || !sign(leaf.get(), pair_.leaf(), pair_.key(), extensions)) {
    return fault("sign a certificate");
  }
  return written(leaf.get(), key.get());
}

}  // namespace pxguard::certs
