#include "certs/server_context.h"

#include <memory>
#include <utility>

#include "certs/openssl_handles.h"

namespace pxguard::certs {
namespace {

// Go's key share is for X25519; a server that knows P-256 alone costs it a second round trip.
constexpr const char* kGroups = "X25519:P-256:P-384";
// 128 bits are what Go prefers, too; 256 cost more and gain nothing here.
constexpr const char* kTls13Ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kTls12Ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

struct Sources {
  std::shared_ptr<const Published<KeyPair>> pairs;
  std::shared_ptr<const Published<ClientAuthorities>> clients;
};

bool ask_for_certificate(SSL* ssl, const Published<ClientAuthorities>& published) {
  const auto authorities = published.get();
  if (authorities == nullptr) return false;
  SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_set0_CA_list(ssl, SSL_dup_CA_list(authorities->names()));
  return SSL_set1_verify_cert_store(ssl, authorities->store()) == 1;
}

int use_what_is_published(SSL* ssl, void* argument) {
  const auto& sources = *static_cast<const Sources*>(argument);
  const auto pair = sources.pairs->get();
  if (pair == nullptr) return 0;
  if (sources.clients && !ask_for_certificate(ssl, *sources.clients)) return 0;
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
         SSL_CTX_set_ciphersuites(context, kTls13Ciphers) == 1 &&
         SSL_CTX_set_cipher_list(context, kTls12Ciphers) == 1;
}

}  // namespace

Result<ServerContext> server_context(std::shared_ptr<const Published<KeyPair>> pairs,
                                     std::shared_ptr<const Published<ClientAuthorities>> clients) {
  SSL_CTX* made = SSL_CTX_new(TLS_server_method());
  if (made == nullptr) return Error{Error::Code::Internal, "OpenSSL could not make a TLS context"};
  const auto sources = std::make_shared<Sources>(Sources{std::move(pairs), std::move(clients)});
  // The callback reads them for as long as the context lives.
  ServerContext context(made, [sources](SSL_CTX* unused) { SSL_CTX_free(unused); });
  SSL_CTX_set_cert_cb(made, use_what_is_published, sources.get());
  if (!configure(made)) {
    return Error{Error::Code::Internal, "OpenSSL does not know the wanted groups or ciphers"};
  }
  return context;
}

}  // namespace pxguard::certs
