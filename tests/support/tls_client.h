// A client that does what a test tells it, byte by byte, and nothing by itself. Waits are bounded.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "certs/authority.h"

namespace pxguard::testing {

using namespace std::chrono_literals;

struct Answer {
  int status = 0;
  std::string head;
  std::string body;

  [[nodiscard]] bool says_close() const {
    return head.find("Connection: close\r\n") != std::string::npos;
  }
};

class TlsClient {
 public:
  enum class Speak { Tls, Plainly };
  enum class Family { V4, V6 };

  explicit TlsClient(std::uint16_t port, Speak speak = Speak::Tls, Family family = Family::V4)
      : speak_(speak) {
    std::signal(SIGPIPE, SIG_IGN);
    socket_ = ::socket(family == Family::V4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage address{};
    socklen_t size = 0;
    if (family == Family::V4) {
      auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
      v4->sin_family = AF_INET;
      v4->sin_port = htons(port);
      v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      size = sizeof(*v4);
    } else {
      auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(port);
      v6->sin6_addr = in6addr_loopback;
      size = sizeof(*v6);
    }
    is_connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0;
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  TlsClient(TlsClient&& other) noexcept
      : speak_(other.speak_),
        socket_(std::exchange(other.socket_, -1)),
        is_connected_(other.is_connected_),
        context_(std::move(other.context_)),
        ssl_(std::move(other.ssl_)),
        received_(std::move(other.received_)) {}
  TlsClient& operator=(TlsClient&&) = delete;
  ~TlsClient() {
    ssl_.reset();
    if (socket_ >= 0) ::close(socket_);
  }

  // `pair`: what to show when asked; `alpn`: in OpenSSL's form, "" for none.
  bool handshake(const certs::KeyPair* pair = nullptr, std::string_view alpn = {},
                 int max_version = 0) {
    if (!is_connected_) return false;
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (max_version != 0) SSL_CTX_set_max_proto_version(context_.get(), max_version);
    ssl_.reset(SSL_new(context_.get()));
    if (pair != nullptr) SSL_use_cert_and_key(ssl_.get(), pair->leaf(), pair->key(), nullptr, 1);
    if (!alpn.empty()) {
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned>(alpn.size()));
    }
    set_patience(5s);
    SSL_set_fd(ssl_.get(), socket_);
    return SSL_connect(ssl_.get()) == 1;
  }

  bool send(std::string_view bytes) {
    ERR_clear_error();
    while (!bytes.empty()) {
      const int part = static_cast<int>(std::min<std::size_t>(bytes.size(), 1U << 20));
      const auto sent = speak_ == Speak::Tls
                            ? SSL_write(ssl_.get(), bytes.data(), part)
                            : static_cast<int>(::send(socket_, bytes.data(), bytes.size(), 0));
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // The next answer, or nothing where the connection ends or stays silent.
  std::optional<Answer> answer(std::chrono::milliseconds patience = 5s) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (true) {
      if (std::optional<Answer> complete = take_answer()) return complete;
      if (!receive_some(until)) return std::nullopt;
    }
  }
  std::optional<Answer> ask(std::string_view request, std::chrono::milliseconds patience = 5s) {
    send(request);
    return answer(patience);
  }
  [[nodiscard]] int status_of(std::string_view request) {
    const std::optional<Answer> answered = ask(request);
    return answered ? answered->status : 0;
  }

  // The server ends the connection, with whatever comes before.
  bool is_ended_within(std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (receive_some(until)) {
    }
    return std::chrono::steady_clock::now() < until;
  }

  [[nodiscard]] bool is_connected() const { return is_connected_; }
  [[nodiscard]] SSL* ssl() { return ssl_.get(); }

 private:
  void set_patience(std::chrono::milliseconds patience) const {
    timeval time{};
    time.tv_sec = static_cast<time_t>(patience.count() / 1000);
    time.tv_usec = static_cast<suseconds_t>(std::max<long>(1, patience.count() % 1000 * 1000));
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  }

  bool receive_some(std::chrono::steady_clock::time_point until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left <= 0ms) return false;
    set_patience(left);
    ERR_clear_error();
    char buffer[16384];
    const auto size = speak_ == Speak::Tls
                          ? SSL_read(ssl_.get(), buffer, sizeof(buffer))
                          : static_cast<int>(::recv(socket_, buffer, sizeof(buffer), 0));
    if (size <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(size));
    return true;
  }

  std::optional<Answer> take_answer() {
    const std::size_t end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    Answer answer;
    answer.head = received_.substr(0, end + 2);
    answer.status = std::atoi(answer.head.c_str() + 9);
    const std::size_t field = answer.head.find("Content-Length: ");
    const std::size_t size = field == std::string::npos
                                 ? 0
                                 : std::strtoul(answer.head.c_str() + field + 16, nullptr, 10);
    if (received_.size() < end + 4 + size) return std::nullopt;
    answer.body = received_.substr(end + 4, size);
    received_.erase(0, end + 4 + size);
    return answer;
  }

  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  Speak speak_;
  int socket_ = -1;
  bool is_connected_ = false;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string received_;
};

}  // namespace pxguard::testing
