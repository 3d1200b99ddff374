// A Server answers HTTP/1.1, over TLS or plainly, on one address, with bounds on everything that a
// client can make it hold or wait for. It knows nothing about admission.
//
// Lifetime: what its options refer to outlives it. stop() before it is destroyed, or its
// destructor does.
// Threads: the handler is called from several threads at once; so are the hooks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "certs/server_context.h"
#include "webhook/http.h"

namespace pxguard::webhook {

// Each is absolute: bytes that trickle in do not move it.
struct Deadlines {
  std::chrono::milliseconds handshake = limits::kHandshake;
  std::chrono::milliseconds first_word = limits::kFirstWord;
  std::chrono::milliseconds head = limits::kRequestHeadTime;
  std::chrono::milliseconds request = limits::kRequestTime;
  std::chrono::milliseconds write = limits::kWriteTime;
  std::chrono::milliseconds idle = limits::kIdle;
  std::chrono::milliseconds linger = limits::kLinger;
  std::chrono::milliseconds drain_grace = limits::kDrainGrace;
  // From stop() until the process may be left, whatever is still in flight.
  std::chrono::milliseconds drain = limits::kShutdown - limits::kLameDuck - std::chrono::seconds(1);
  std::chrono::milliseconds sweep = limits::kSweep;
};

struct Options {
  std::string address = {};  // "0.0.0.0:8443", "[::1]:0"; "[::]:8443" takes IPv4 as well
  std::vector<Route> routes = {};
  certs::ServerContext tls = {};  // null: plain HTTP
  unsigned workers = 0;           // 0: one a core, at least 2 and at most 8
  std::size_t body_limit = limits::kRequestBody;
  std::size_t connections = limits::kConnections;
  std::size_t bytes_in_flight = limits::kBytesInFlight;
  Deadlines deadlines = {};
  std::function<void(int status)> on_response = {};                        // of every answer
  std::function<void(std::string_view reason)> on_handshake_failure = {};  // OpenSSL's words
};

class Server {
 public:
  struct Core;

  // Listens when it returns.
  static Result<std::unique_ptr<Server>> open(Options options, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string address() const;  // with the port that was really bound
  [[nodiscard]] std::size_t connections() const;

  // Goes on as before, but closes each connection with its next answer.
  void lame_duck();
  // Takes no more connections, answers what is under way, and waits for it. False where a handler
  // does not come back: its thread cannot be joined, and the caller has to leave by _exit.
  [[nodiscard]] bool stop();

 private:
  explicit Server(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
  bool stopped_ = false;
};

}  // namespace pxguard::webhook
