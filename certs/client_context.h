// The settings of TLS where we are the client: versions 1.2 and 1.3, HTTP/1.1 by ALPN, whom we
// trust, and the certificate that we show when asked. There is no way to trust everybody.
//
// Threads: a context is shared by all connections.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string_view>

#include "base/result.h"
#include "certs/key_pair.h"

namespace pxguard::certs {

using ClientContext = std::shared_ptr<SSL_CTX>;

// `authorities`: PEM, of which each certificate is trusted, a CA's as well as a server's own, as Go
// does; "" for those of this machine. `pair` may be null, and is not needed afterwards.
Result<ClientContext> client_context(std::string_view authorities, const KeyPair* pair);

}  // namespace pxguard::certs
