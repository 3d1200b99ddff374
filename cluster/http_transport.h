// Requests over HTTPS to one API server, with one set of credentials. The server's certificate is
// always checked; there is no plain HTTP. Proxies that the environment names are not used: an API
// server stands next to us, and one more party on the way is one more thing that can be down when
// admission needs the view.
//
// A connection is kept and used again, as long as it was not silent for long.
//
// REQUIRES: SIGPIPE is ignored.
// Threads: one request at a time; interrupt() may be called from any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "base/secret_value.h"
#include "certs/client_context.h"
#include "cluster/tls_connection.h"
#include "cluster/transport.h"

namespace pxguard::cluster {

// Where an API server is: its URL, taken apart.
struct Endpoint {
  Peer peer{};
  std::string base_path{};  // "/k8s/clusters/c-1"; without a slash at its end

  // "https://10.0.0.1:6443". Errors say what is wrong with it, not where it stands.
  static Result<Endpoint> parse(std::string_view url);
};

class HttpTransport final : public Transport {
 public:
  struct Patience {
    std::chrono::milliseconds connect = limits::kApiConnect;
    std::chrono::milliseconds answer = limits::kApiAnswerTime;  // without a byte
    std::chrono::milliseconds silence = limits::kWatchSilence;  // of a stream
  };
  struct Options {
    Endpoint endpoint{};
    certs::ClientContext context{};
    SecretValue token{};  // a bearer token; empty: none
    Patience patience{};
    std::size_t longest_answer = limits::kApiAnswer;
  };

  explicit HttpTransport(Options options);
  ~HttpTransport() override;

  Answer<Response> send(const Request& request) override;
  Answer<Response> stream(const Request& request, const OnBytes& on_bytes) override;
  void interrupt() override;

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace pxguard::cluster
