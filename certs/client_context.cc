#include "certs/client_context.h"

#include <openssl/pem.h>

#include <array>

#include "certs/openssl_handles.h"

namespace pxguard::certs {
namespace {

constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

Error internal() {
  ERR_clear_error();
  return {Error::Code::Internal, "OpenSSL does not make a context"};
}

Result<bool> trust(SSL_CTX* context, std::string_view authorities) {
  if (authorities.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return true;
    return internal();
  }
  const BioHandle text = memory_of(authorities);
  int count = 0;
  while (true) {
    const CertificateHandle ca(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    if (!ca) break;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) != 1) return internal();
    ++count;
  }
  ERR_clear_error();
  if (count > 0) return true;
  return Error{Error::Code::Invalid, "there is no certificate in PEM form"};
}

bool show(SSL_CTX* context, const KeyPair& pair) {
  return SSL_CTX_use_cert_and_key(context, pair.leaf(), pair.key(), pair.chain(), 1) == 1;
}

}  // namespace

Result<ClientContext> client_context(std::string_view authorities, const KeyPair* pair) {
  ERR_clear_error();
  const ClientContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) return internal();
  const Result<bool> trusted = trust(context.get(), authorities);
  if (!trusted) return trusted.error();
  if (pair != nullptr && !show(context.get(), *pair)) return internal();
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* rules = SSL_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_hostflags(
      rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  // What arrives may be a Secret: OpenSSL's own buffers forget it once it is handed on.
  SSL_CTX_set_options(context.get(), SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const bool done = SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1 &&
                    SSL_CTX_set_alpn_protos(context.get(), kHttp11.data(), kHttp11.size()) == 0;
  if (!done) return internal();
  return context;
}

}  // namespace pxguard::certs
