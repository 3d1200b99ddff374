// A server that does on each connection what a test tells it, byte by byte. Waits are bounded.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/published.h"
#include "certs/authority.h"
#include "certs/client_authorities.h"
#include "certs/server_context.h"

namespace pxguard::testing {

struct Asked {
  std::string head;
  std::string body;

  [[nodiscard]] bool says(std::string_view text) const {
    return head.find(text) != std::string::npos;
  }
};

// One connection, from the server's side.
class Session {
 public:
  Session(SSL* ssl, int socket, const std::atomic<bool>& is_ending)
      : ssl_(ssl), socket_(socket), is_ending_(is_ending) {}

  // The next request; none where the client leaves.
  std::optional<Asked> next() {
    while (true) {
      const std::size_t end = received_.find("\r\n\r\n");
      const std::size_t size = end == std::string::npos ? 0 : length_of(received_.substr(0, end));
      if (end != std::string::npos && received_.size() >= end + 4 + size) {
        Asked asked{received_.substr(0, end + 2), received_.substr(end + 4, size)};
        received_.erase(0, end + 4 + size);
        return asked;
      }
      if (!receive()) return std::nullopt;
    }
  }
  // False once the client is gone.
  bool write(std::string_view bytes) {
    ERR_clear_error();
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  bool answer(std::string_view body, std::string_view status = "200 OK",
              std::string_view fields = "") {
    return write("HTTP/1.1 " + std::string(status) +
                 "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                 std::string(fields) + "\r\n" + std::string(body));
  }
  bool begin_chunks() { return write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); }
  bool chunk(std::string_view text) {
    char size[32];
    std::snprintf(size, sizeof(size), "%zx\r\n", text.size());
    return write(size + std::string(text) + "\r\n");
  }
  bool end_chunks() { return write("0\r\n\r\n"); }
  // As a machine that loses its power does it, or a proxy: without a word of TLS.
  void cut() { ::shutdown(socket_, SHUT_RDWR); }
  // Until the client leaves.
  void stay_silent() {
    while (receive()) {
    }
  }

 private:
  static std::size_t length_of(const std::string& head) {
    const std::size_t field = head.find("Content-Length: ");
    return field == std::string::npos ? 0 : std::strtoul(head.c_str() + field + 16, nullptr, 10);
  }
  bool receive() {
    ERR_clear_error();
    while (SSL_has_pending(ssl_) == 0) {
      pollfd waiting{socket_, POLLIN, 0};
      if (is_ending_) return false;
      if (::poll(&waiting, 1, 20) > 0) break;
    }
    char buffer[16384];
    const int size = SSL_read(ssl_, buffer, sizeof(buffer));
    if (size > 0) received_.append(buffer, static_cast<std::size_t>(size));
    return size > 0;
  }

  SSL* ssl_;
  int socket_;
  const std::atomic<bool>& is_ending_;
  std::string received_;
};

class TlsServer {
 public:
  using Behaviour = std::function<void(Session&)>;

  // `clients`: the CA of the certificates that clients have to show; "": nobody is asked.
  TlsServer(certs::KeyPair pair, Behaviour behaviour, std::string_view clients = {})
      : behaviour_(std::move(behaviour)) {
    std::signal(SIGPIPE, SIG_IGN);
    auto pairs = std::make_shared<Published<certs::KeyPair>>();
    pairs->publish(std::make_shared<const certs::KeyPair>(std::move(pair)));
    std::shared_ptr<Published<certs::ClientAuthorities>> authorities;
    if (!clients.empty()) {
      authorities = std::make_shared<Published<certs::ClientAuthorities>>();
      auto parsed = certs::ClientAuthorities::parse(clients);
      authorities->publish(
          std::make_shared<const certs::ClientAuthorities>(std::move(parsed).value()));
    }
    context_ = certs::server_context(pairs, authorities).value();
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, plain, size) != 0 || ::listen(socket_, 16) != 0) std::abort();
    ::getsockname(socket_, plain, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept(); });
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ~TlsServer() {
    is_ending_ = true;
    thread_.join();
    for (std::thread& each : threads_) each.join();
    ::close(socket_);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] int handshakes() const { return handshakes_; }

 private:
  void accept() {
    while (!is_ending_) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int client = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      ++connections_;
      threads_.emplace_back([this, client] { serve(client); });
    }
  }
  void serve(int client) {
    timeval patience{10, 0};
    ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(ssl.get(), client);
    ERR_clear_error();
    if (SSL_accept(ssl.get()) == 1) {
      ++handshakes_;
      Session session(ssl.get(), client, is_ending_);
      behaviour_(session);
      ERR_clear_error();
      SSL_shutdown(ssl.get());
    }
    ::close(client);
  }

  Behaviour behaviour_;
  certs::ServerContext context_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_ending_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> handshakes_{0};
  std::thread thread_;
  std::vector<std::thread> threads_;  // of the accepting thread, until it has ended
};

}  // namespace pxguard::testing
