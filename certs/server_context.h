// The settings of our side of TLS: versions 1.2 and 1.3, HTTP/1.1 by ALPN, the certificate that is
// published at the moment of each handshake, and client certificates where a CA for them is given.
//
// Threads: the context is shared by all connections.
#pragma once

#include <openssl/types.h>

#include <memory>

#include "base/published.h"
#include "base/result.h"
#include "certs/client_authorities.h"
#include "certs/key_pair.h"

namespace pxguard::certs {

using ServerContext = std::shared_ptr<SSL_CTX>;

// With `clients` a client without a certificate of one of the CAs that are published at the moment
// is refused in the handshake: it never gets to say a word of HTTP. Null: nobody is asked.
Result<ServerContext> server_context(
    std::shared_ptr<const Published<KeyPair>> pairs,
    std::shared_ptr<const Published<ClientAuthorities>> clients = nullptr);

}  // namespace pxguard::certs
