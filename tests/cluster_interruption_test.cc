#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "cluster/http_transport.h"
#include "support/tls_server.h"

namespace pxguard::cluster {
namespace {

using namespace std::chrono_literals;
using testing::Session;
using testing::TlsServer;
using Kind = Failure::Kind;

// A server, and a client that trusts it.
class Pair {
 public:
  explicit Pair(TlsServer::Behaviour behaviour)
      : authority_(certs::Authority::create("tests", validity()).value()),
        server_(authority_
                    .issue({.common_name = "server",
                            .ip_addresses = {"127.0.0.1"},
                            .validity = validity()})
                    ->pair()
                    .value(),
                std::move(behaviour)),
        transport_(options(server_.port())) {}

  HttpTransport& transport() { return transport_; }
  [[nodiscard]] const TlsServer& server() const { return server_; }
  [[nodiscard]] HttpTransport::Options options(std::uint16_t port) const {
    const std::string ca = authority_.certificate_pem().value();
    return {.endpoint = Endpoint::parse("https://127.0.0.1:" + std::to_string(port)).value(),
            .context = certs::client_context(ca, nullptr).value()};
  }

 private:
  static certs::Validity validity() {
    const auto now = std::chrono::system_clock::now();
    return {now - 1h, now + 1h};
  }
  certs::Authority authority_;
  TlsServer server_;
  HttpTransport transport_;
};

bool take_all(std::string_view) { return true; }

}  // namespace

TEST_CASE("a silent watch ends when it is interrupted, and nothing is asked afterwards") {
  std::atomic<bool> is_watching{false};
  Pair pair([](Session& session) {
    session.next();
    session.begin_chunks();
    session.chunk("{}\n");
    session.stay_silent();
  });
  std::thread other([&] {
    while (!is_watching) std::this_thread::yield();
    pair.transport().interrupt();
  });
  const auto ended = pair.transport().stream(
      {.path = "/"}, [&is_watching](std::string_view) { return is_watching = true; });
  other.join();
  REQUIRE_FALSE(ended.has_value());
  CHECK(ended.error().kind == Kind::Stopped);
  CHECK(pair.transport().send({.path = "/"}).error().kind == Kind::Stopped);
  CHECK(pair.server().connections() == 1);
}

TEST_CASE("a watch that never is silent ends when it is interrupted") {
  Pair pair([](Session& session) {
    session.next();
    session.begin_chunks();
    while (session.chunk("{}\n")) {
    }
  });
  int pieces = 0;
  const auto ended = pair.transport().stream({.path = "/"}, [&](std::string_view) {
    if (++pieces == 100) pair.transport().interrupt();
    return true;
  });
  REQUIRE_FALSE(ended.has_value());
  CHECK(ended.error().kind == Kind::Stopped);
}

TEST_CASE("an interruption finds a client whatever it is doing") {
  // Another moment each time: before, while it connects, shakes hands, asks, waits.
  for (int round = 0; round < 40; ++round) {
    Pair pair([](Session& session) {
      session.next();
      session.begin_chunks();
      session.stay_silent();
    });
    std::thread other([&pair, round] {
      std::this_thread::sleep_for(std::chrono::microseconds(round * 100));
      pair.transport().interrupt();
    });
    const auto ended = pair.transport().stream({.path = "/"}, take_all);
    other.join();
    REQUIRE_FALSE(ended.has_value());
    CHECK(ended.error().kind == Kind::Stopped);
  }
}

TEST_CASE("a server that takes the connection and never shakes hands can be left") {
  Pair pair([](Session&) {});
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener, plain, size) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  REQUIRE(::getsockname(listener, plain, &size) == 0);

  auto impatient = pair.options(ntohs(address.sin_port));
  impatient.patience.connect = 50ms;
  const auto late = HttpTransport(std::move(impatient)).send({.path = "/"});
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().kind == Kind::Unreachable);

  HttpTransport patient(pair.options(ntohs(address.sin_port)));
  std::thread other([&patient, listener] {
    // Its connection waits to be accepted, or will: either way it does not get an answer.
    pollfd waiting{listener, POLLIN, 0};
    ::poll(&waiting, 1, 5000);
    patient.interrupt();
  });
  const auto left = patient.send({.path = "/"});
  other.join();
  ::close(listener);
  REQUIRE_FALSE(left.has_value());
  CHECK(left.error().kind == Kind::Stopped);
}

TEST_CASE("nobody listens: that is said, with the place") {
  Pair pair([](Session&) {});
  const int unused = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(unused, plain, size) == 0);
  REQUIRE(::getsockname(unused, plain, &size) == 0);
  const std::uint16_t port = ntohs(address.sin_port);
  const auto answer = HttpTransport(pair.options(port)).send({.path = "/"});
  ::close(unused);
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == Kind::Unreachable);
  CHECK(answer.error().message == "127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_CASE("a kept connection that has ended is opened again for a read, and not for a write") {
  // Closes as soon as the second request is there, unanswered.
  const auto close_on_second = [](Session& session) {
    session.next();
    session.answer("{}");
    session.next();
    session.cut();
  };
  Pair reads(close_on_second);
  REQUIRE(reads.transport().send({.path = "/"}).has_value());
  CHECK(reads.transport().send({.path = "/"}).has_value());
  CHECK(reads.server().connections() == 2);

  Pair writes(close_on_second);
  REQUIRE(writes.transport().send({.path = "/"}).has_value());
  const auto write = writes.transport().send({.method = "POST", .path = "/", .body = "{}"});
  REQUIRE_FALSE(write.has_value());
  CHECK(write.error().kind == Kind::Unreachable);
  CHECK(writes.server().connections() == 1);
}

TEST_CASE("a connection that its server has left is not used again") {
  std::atomic<int> ended{0};
  Pair pair([&ended](Session& session) {
    session.next();
    session.answer("{}");
    ++ended;
  });
  REQUIRE(pair.transport().send({.path = "/"}).has_value());
  while (ended == 0) std::this_thread::yield();
  // Its end is on the way, or here: a write must work either way once it is.
  const auto until = std::chrono::steady_clock::now() + 5s;
  bool has_written = false;
  while (!has_written && std::chrono::steady_clock::now() < until) {
    has_written = pair.transport().send({.method = "POST", .path = "/", .body = "{}"}).has_value();
  }
  CHECK(has_written);
}

}  // namespace pxguard::cluster
