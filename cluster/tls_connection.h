// A connection to a server that is who we mean: its certificate is checked before the first word.
//
// REQUIRES: SIGPIPE is ignored; OpenSSL writes to sockets that the other side has closed.
// Threads: one at a time; the interruption may be raised from any.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "certs/client_context.h"
#include "cluster/failure.h"
#include "cluster/interruption.h"

namespace pxguard::cluster {

struct Peer {
  std::string host{};  // a name or an address of either family, without brackets
  std::uint16_t port = 443;
  std::string server_name{};  // what its certificate has to say; "": the host
};

class TlsConnection {
 public:
  using Patience = std::chrono::milliseconds;

  // `patience` is for all of it: name, connection, handshake. The name's resolution alone cannot be
  // interrupted: the library has no way. `interruption` outlives the connection.
  static Answer<std::unique_ptr<TlsConnection>> open(certs::ClientContext context, const Peer& peer,
                                                     Patience patience,
                                                     const Interruption& interruption);
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;
  ~TlsConnection();

  // 0 where the server has ended the connection as TLS wants it; a cut is a failure.
  Answer<std::size_t> read(std::span<char> into, Patience patience);
  // All of it.
  std::optional<Failure> write(std::string_view bytes, Patience patience);

  [[nodiscard]] int socket() const { return socket_; }
  // Nothing has come that nobody asked for, such as the end.
  [[nodiscard]] bool is_quiet() const;

 private:
  TlsConnection(int socket, std::string name, const Interruption& interruption)
      : socket_(socket), name_(std::move(name)), interruption_(interruption) {}

  using Deadline = std::chrono::steady_clock::time_point;
  std::optional<Failure> handshake(SSL_CTX& context, const std::string& server_name,
                                   Deadline until);
  // What has to be waited for after `result`; a failure where waiting does not help.
  std::optional<Failure> wait_after(int result, Deadline until, std::string_view what);
  Failure unreachable(std::string_view why) const;

  struct Free {
    void operator()(SSL* ssl) const;
  };
  int socket_;
  std::string name_;
  const Interruption& interruption_;
  certs::ClientContext context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool is_broken_ = false;
};

}  // namespace pxguard::cluster
