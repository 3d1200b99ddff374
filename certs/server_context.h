// The settings of our side of TLS: versions 1.2 and 1.3, HTTP/1.1 by ALPN, the certificate that is
// published at the moment of each handshake, and client certificates where a CA for them is given.
//
// Threads: the context is shared by all connections.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string_view>

#include "base/published.h"
#include "base/result.h"
#include "certs/key_pair.h"

namespace pxguard::certs {

using ServerContext = std::shared_ptr<SSL_CTX>;

// With `client_ca_pem` a client without a certificate of one of these CAs is refused in the
// handshake: it never gets to say a word of HTTP. Empty: nobody is asked.
Result<ServerContext> server_context(std::shared_ptr<const Published<KeyPair>> pairs,
                                     std::string_view client_ca_pem);

}  // namespace pxguard::certs
