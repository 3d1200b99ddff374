#include "certs/channel.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>

namespace pxguard::certs {
namespace {

// OpenSSL goes on reading while what comes is no data, such as key updates: a client that sends
// them fast enough had a loop for itself. A record may take two reads, a ClientHello ten.
constexpr int kReadsAtOnce = 4;
// Who changes keys changes them once in millions of records; one change is two messages.
constexpr int kMessagesWithoutData = 32;

Channel::Progress progress_of(ssize_t result, Channel::Outcome to_wait_for) {
  using Outcome = Channel::Outcome;
  if (result > 0) return {Outcome::Done, static_cast<std::size_t>(result)};
  if (result == 0) return {Outcome::Closed};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {to_wait_for};
  return {Outcome::Failed};
}

}  // namespace

void Channel::Free::operator()(SSL* ssl) const { SSL_free(ssl); }

Channel::Channel(int socket) : socket_(socket) {}
Channel::~Channel() = default;

bool Channel::start_tls(SSL_CTX& context) {
  ERR_clear_error();
  ssl_.reset(SSL_new(&context));
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket_) != 1) return false;
  SSL_set_accept_state(ssl_.get());
  BIO_set_callback_arg(SSL_get_rbio(ssl_.get()), static_cast<char*>(static_cast<void*>(this)));
  BIO_set_callback_ex(SSL_get_rbio(ssl_.get()), allow_read);
  SSL_set_msg_callback_arg(ssl_.get(), this);
  SSL_set_msg_callback(ssl_.get(), count_message);
  return true;
}

long Channel::allow_read(BIO* bio, int operation, const char*, std::size_t, int, long, int result,
                         std::size_t*) {
  if (operation != BIO_CB_READ) return result;
  auto* const channel = static_cast<Channel*>(static_cast<void*>(BIO_get_callback_arg(bio)));
  const bool chatters = channel->messages_ > kMessagesWithoutData;
  if (!chatters && channel->reads_left_-- > 0) return result;
  BIO_set_retry_read(bio);
  return -1;
}

void Channel::count_message(int, int, int type, const void*, std::size_t, SSL*, void* channel) {
  if (type == SSL3_RT_HANDSHAKE || type == SSL3_RT_ALERT)
    ++static_cast<Channel*>(channel)->messages_;
}

Channel::Outcome Channel::handshake() {
  ERR_clear_error();
  reads_left_ = kReadsAtOnce;
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    established_ = true;
    messages_ = 0;
    // Whoever is asked for a certificate and got here has a verified one.
    client_certificate_ = SSL_get0_peer_certificate(ssl_.get()) != nullptr;
    return Outcome::Done;
  }
  const unsigned long error = ERR_peek_error();
  const Outcome outcome = outcome_of(result);
  if (outcome == Outcome::Failed && error != 0) {
    const char* reason = ERR_reason_error_string(error);
    handshake_failure_ = reason != nullptr ? reason : "unknown";
  }
  return outcome;
}

Channel::Progress Channel::read(std::span<char> into) {
  if (!ssl_) return discard(into);
  ERR_clear_error();
  reads_left_ = kReadsAtOnce;
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
  if (messages_ > kMessagesWithoutData) return {Outcome::Failed};
  if (result != 1) return {outcome_of(result)};
  messages_ = 0;
  return {Outcome::Done, bytes};
}

Channel::Progress Channel::write(std::string_view bytes) {
  if (!ssl_) {
    return progress_of(::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL),
                       Outcome::WantWrite);
  }
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
  if (result == 1) return {Outcome::Done, written};
  return {outcome_of(result)};
}

bool Channel::has_pending() const { return ssl_ && SSL_has_pending(ssl_.get()) == 1; }

Channel::Progress Channel::discard(std::span<char> into) {
  return progress_of(::recv(socket_, into.data(), into.size(), MSG_DONTWAIT), Outcome::WantRead);
}

void Channel::finish() {
  if (established_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(socket_, SHUT_WR);
}

Channel::Outcome Channel::outcome_of(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Outcome::WantRead;
    case SSL_ERROR_WANT_WRITE: return Outcome::WantWrite;
    case SSL_ERROR_ZERO_RETURN: return Outcome::Closed;
    default:
      // After such an error OpenSSL forbids SSL_shutdown.
      established_ = false;
      return Outcome::Failed;
  }
}

}  // namespace pxguard::certs
