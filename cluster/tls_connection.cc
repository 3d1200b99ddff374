#include "cluster/tls_connection.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/secret_value.h"
#include "base/text.h"

namespace pxguard::cluster {
namespace {

using Clock = std::chrono::steady_clock;

Failure stopped() { return {Failure::Kind::Stopped, "told to stop"}; }

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses, std::string> resolve(const Peer& peer) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
  if (is_address(peer.host)) hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(peer.host.c_str(), std::to_string(peer.port).c_str(), &hints, &found);
  if (error != 0) return std::string(::gai_strerror(error));
  return Addresses(found);
}

// A peer that is gone without a word is noticed between two requests, too.
void set_options(int socket) {
  const auto set = [socket](int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

// The error of a connection attempt, 0 where it succeeded.
int error_of(int socket) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

// A connected socket that never blocks.
Answer<int> connect_to(const addrinfo& address, Clock::time_point until,
                       const Interruption& interruption) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return Failure{Failure::Kind::Unreachable, std::strerror(errno)};
  set_options(socket);
  int error = 0;
  if (::connect(socket, address.ai_addr, address.ai_addrlen) != 0) error = errno;
  auto waited = Interruption::Waited::Ready;
  if (error == EINPROGRESS) {
    waited = interruption.wait_for(socket, POLLOUT, until);
    error = error_of(socket);
  }
  if (waited == Interruption::Waited::Ready && error == 0) return socket;
  ::close(socket);
  if (waited == Interruption::Waited::Interrupted) return stopped();
  const bool is_late = waited == Interruption::Waited::TooLong;
  return Failure{Failure::Kind::Unreachable, is_late ? "no answer" : std::strerror(error)};
}

Answer<int> connect_to(const Peer& peer, Clock::time_point until,
                       const Interruption& interruption) {
  const auto addresses = resolve(peer);
  if (!addresses) return Failure{Failure::Kind::Unreachable, addresses.error()};
  Failure last{Failure::Kind::Unreachable, "it has no address"};
  for (const addrinfo* each = addresses->get(); each != nullptr; each = each->ai_next) {
    const auto socket = connect_to(*each, until, interruption);
    if (socket || socket.error().kind == Failure::Kind::Stopped) return socket;
    last = socket.error();
  }
  return last;
}

// OpenSSL's words for the last thing that went wrong.
std::string reason() {
  const char* const words = ERR_reason_error_string(ERR_peek_error());
  return words != nullptr ? words : "the connection was cut";
}

}  // namespace

void TlsConnection::Free::operator()(SSL* ssl) const { SSL_free(ssl); }

Answer<std::unique_ptr<TlsConnection>> TlsConnection::open(certs::ClientContext context,
                                                           const Peer& peer, Patience patience,
                                                           const Interruption& interruption) {
  const Deadline until = Clock::now() + patience;
  const std::string name = fmt::format("{}:{}", peer.host, peer.port);
  const auto socket = connect_to(peer, until, interruption);
  if (!socket) {
    if (socket.error().kind == Failure::Kind::Stopped) return socket.error();
    return Failure{Failure::Kind::Unreachable,
                   printable(name + ": " + socket.error().message, 300)};
  }
  std::unique_ptr<TlsConnection> connection(new TlsConnection(*socket, name, interruption));
  const std::string& wanted = peer.server_name.empty() ? peer.host : peer.server_name;
  if (auto failure = connection->handshake(*context, wanted, until)) return *failure;
  connection->context_ = std::move(context);
  return connection;
}

TlsConnection::~TlsConnection() {
  if (ssl_ && !is_broken_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ssl_.reset();
  ::close(socket_);
}

Failure TlsConnection::unreachable(std::string_view why) const {
  return {Failure::Kind::Unreachable, printable(fmt::format("{}: {}", name_, why), 300)};
}

std::optional<Failure> TlsConnection::handshake(SSL_CTX& context, const std::string& server_name,
                                                Deadline until) {
  ERR_clear_error();
  ssl_.reset(SSL_new(&context));
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket_) != 1) return unreachable("out of memory");
  const bool is_set =
      is_address(server_name)
          ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), server_name.c_str()) == 1
          : SSL_set1_host(ssl_.get(), server_name.c_str()) == 1 &&
                SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str()) == 1;
  is_broken_ = true;
  if (!is_set) return unreachable("its name cannot be checked");
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_connect(ssl_.get());
    if (result == 1) break;
    const long verdict = SSL_get_verify_result(ssl_.get());
    if (verdict != X509_V_OK) {
      return unreachable(fmt::format("its certificate is not trusted: {}",
                                     X509_verify_cert_error_string(verdict)));
    }
    if (auto failure = wait_after(result, until, "the TLS handshake")) return failure;
  }
  is_broken_ = false;
  return std::nullopt;
}

std::optional<Failure> TlsConnection::wait_after(int result, Deadline until,
                                                 std::string_view what) {
  const int wanted = SSL_get_error(ssl_.get(), result);
  if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
    // After such an error OpenSSL forbids SSL_shutdown.
    is_broken_ = true;
    if (wanted == SSL_ERROR_ZERO_RETURN) return unreachable("the connection was closed");
    const bool is_system = wanted == SSL_ERROR_SYSCALL && errno != 0;
    return unreachable(is_system ? std::string(std::strerror(errno)) : reason());
  }
  const short events = wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
  switch (interruption_.wait_for(socket_, events, until)) {
    case Interruption::Waited::Ready: return std::nullopt;
    case Interruption::Waited::Interrupted: return stopped();
    case Interruption::Waited::TooLong: break;
  }
  is_broken_ = true;
  return unreachable(fmt::format("no answer to {}", what));
}

Answer<std::size_t> TlsConnection::read(std::span<char> into, Patience patience) {
  const Deadline until = Clock::now() + patience;
  // A server that never stops sending must not keep us from stopping.
  if (interruption_.is_raised()) return stopped();
  while (true) {
    ERR_clear_error();
    errno = 0;
    std::size_t size = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
    if (result == 1) return size;
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    // A watch waits for minutes, above buffers that the last event went through.
    forget_stack();
    if (auto failure = wait_after(result, until, "the request")) return *failure;
  }
}

std::optional<Failure> TlsConnection::write(std::string_view bytes, Patience patience) {
  const Deadline until = Clock::now() + patience;
  if (interruption_.is_raised()) return stopped();
  while (!bytes.empty()) {
    ERR_clear_error();
    errno = 0;
    std::size_t size = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size);
    if (result == 1) {
      bytes.remove_prefix(size);
    } else if (auto failure = wait_after(result, until, "the request")) {
      return failure;
    }
  }
  return std::nullopt;
}

bool TlsConnection::is_quiet() const {
  pollfd waiting{socket_, POLLIN, 0};
  return SSL_has_pending(ssl_.get()) == 0 && ::poll(&waiting, 1, 0) == 0;
}

}  // namespace pxguard::cluster
