// A Channel moves bytes over a connected socket, through TLS or plainly, and never waits: it says
// what to wait for. It does not own the socket.
//
// OpenSSL reads the socket itself here. Asio's own TLS stream puts two pairs of 17 KB buffers
// between the two, which idle connections keep: 68 KB each.
//
// Threads: one at a time.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace pxguard::certs {

class Channel {
 public:
  enum class Outcome {
    Done,
    WantRead,   // again when the socket is readable
    WantWrite,  // again when it is writable
    Closed,     // the peer has finished
    Failed,
  };
  struct Progress {
    Outcome outcome;
    std::size_t bytes = 0;  // of Done
  };

  explicit Channel(int socket);
  Channel(Channel&&) = delete;
  ~Channel();

  // From here on this is TLS. Not part of the constructor: a client that never says a word should
  // not cost the memory.
  [[nodiscard]] bool start_tls(SSL_CTX& context);
  Outcome handshake();

  Progress read(std::span<char> into);
  Progress write(std::string_view bytes);
  // Bytes that have left the socket already: waiting for it would wait for ever.
  [[nodiscard]] bool has_pending() const;
  // Takes what still arrives, undecrypted, to be thrown away.
  Progress discard(std::span<char> into);
  // Nothing more will be written.
  void finish();

  [[nodiscard]] bool has_client_certificate() const { return client_certificate_; }
  // Why the handshake failed, in OpenSSL's words; "" where the peer just left.
  [[nodiscard]] std::string_view handshake_failure() const { return handshake_failure_; }

 private:
  Outcome outcome_of(int result);
  static long allow_read(BIO* bio, int operation, const char*, std::size_t, int, long, int result,
                         std::size_t*);
  static void count_message(int is_ours, int version, int type, const void*, std::size_t, SSL*,
                            void* channel);

  struct Free {
    void operator()(SSL* ssl) const;
  };
  int socket_;
  std::unique_ptr<SSL, Free> ssl_;
  bool established_ = false;
  int reads_left_ = 0;  // of the socket, until it is somebody else's turn
  int messages_ = 0;    // of TLS itself, since the peer last said something to us
  bool client_certificate_ = false;
  std::string_view handshake_failure_;
};

}  // namespace pxguard::certs
