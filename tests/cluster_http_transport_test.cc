#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "cluster/http_transport.h"
#include "support/tls_server.h"

namespace pxguard::cluster {
namespace {

using namespace std::chrono_literals;
using testing::Asked;
using testing::Session;
using testing::TlsServer;
using Kind = Failure::Kind;

certs::Validity around_now() {
  const auto now = std::chrono::system_clock::now();
  return {now - 1h, now + 1h};
}

const certs::Authority& authority() {
  static const certs::Authority made = certs::Authority::create("tests", around_now()).value();
  return made;
}

certs::KeyPair pair_for(certs::LeafRequest request) {
  if (request.common_name.empty()) request.common_name = "server";
  if (request.validity.not_after == decltype(request.validity.not_after){})
    request.validity = around_now();
  return authority().issue(request)->pair().value();
}

certs::KeyPair server_pair() { return pair_for({.ip_addresses = {"127.0.0.1"}}); }

HttpTransport::Options options_for(const TlsServer& server) {
  const std::string ca = authority().certificate_pem().value();
  return {.endpoint = Endpoint::parse("https://127.0.0.1:" + std::to_string(server.port())).value(),
          .context = certs::client_context(ca, nullptr).value(),
          .token = SecretValue("canary-token-5d1e")};
}

// The first answer of a server that behaves so.
Answer<Response> answer_of(const TlsServer::Behaviour& behaviour) {
  TlsServer server(server_pair(), behaviour);
  auto options = options_for(server);
  options.longest_answer = std::size_t{1} << 20;
  options.patience.answer = 300ms;
  return HttpTransport(std::move(options)).send({.path = "/api"});
}

Failure failure_of(const TlsServer::Behaviour& behaviour) {
  const auto answer = answer_of(behaviour);
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().message.find("canary") == std::string::npos);
  return answer.error();
}

}  // namespace

TEST_CASE("a request carries token and host, and its answer comes with status and body") {
  std::vector<Asked> asked;
  TlsServer server(server_pair(), [&asked](Session& session) {
    while (auto request = session.next()) {
      asked.push_back(*request);
      session.answer(R"({"a":1})", "201 Created");
    }
  });
  {
    HttpTransport transport(options_for(server));
    const auto answer = transport.send({.method = "POST",
                                        .path = "/api/v1/things?dryRun=All&q=a%2Cb",
                                        .content_type = "application/json",
                                        .body = "{}"});
    REQUIRE(answer.has_value());
    CHECK(answer->status == 201);
    CHECK(answer->body == R"({"a":1})");
    REQUIRE(transport.send({.path = "/version"}).has_value());
  }
  REQUIRE(asked.size() == 2);
  CHECK(asked[0].says("POST /api/v1/things?dryRun=All&q=a%2Cb HTTP/1.1\r\n"));
  CHECK(asked[0].says("Authorization: Bearer canary-token-5d1e\r\n"));
  CHECK(asked[0].says("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  CHECK(asked[0].says("Content-Type: application/json\r\n"));
  CHECK(asked[0].body == "{}");
  CHECK_MESSAGE(server.connections() == 1, "the connection is kept");
}

TEST_CASE("what is behind a path of a proxy is asked for there") {
  std::string head;
  TlsServer server(server_pair(), [&head](Session& session) {
    if (auto request = session.next()) head = request->head;
    session.answer("{}");
  });
  auto options = options_for(server);
  options.endpoint.base_path = "/k8s/clusters/c-1";
  REQUIRE(HttpTransport(std::move(options)).send({.path = "/version"}).has_value());
  CHECK(head.starts_with("GET /k8s/clusters/c-1/version HTTP/1.1\r\n"));
}

TEST_CASE("a server that is not who we mean never hears a word of HTTP") {
  const auto now = std::chrono::system_clock::now();
  const auto stranger = certs::Authority::create("somebody else", around_now());
  struct Row {
    std::string_view what;
    certs::KeyPair pair;
    std::string_view said;
  };
  Row rows[] = {
      {"expired", pair_for({.ip_addresses = {"127.0.0.1"}, .validity = {now - 2h, now - 1h}}),
       "certificate has expired"},
      {"not yet valid", pair_for({.ip_addresses = {"127.0.0.1"}, .validity = {now + 1h, now + 2h}}),
       "certificate is not yet valid"},
      {"of another address", pair_for({.ip_addresses = {"127.0.0.2"}}), "IP address mismatch"},
      {"the address as a name", pair_for({.dns_names = {"127.0.0.1"}}), "IP address mismatch"},
      {"the address as common name alone",
       pair_for({.common_name = "127.0.0.1", .dns_names = {"other"}}), "IP address mismatch"},
      {"of an unknown CA",
       stranger
           ->issue(
               {.common_name = "server", .ip_addresses = {"127.0.0.1"}, .validity = around_now()})
           ->pair()
           .value(),
       "unable to get local issuer certificate"},
      {"for clients", pair_for({.ip_addresses = {"127.0.0.1"}, .usage = certs::Usage::Client}),
       "unsuitable certificate purpose"},
  };
  for (Row& row : rows) {
    CAPTURE(row.what);
    bool has_heard = false;
    {
      TlsServer server(std::move(row.pair),
                       [&](Session& session) { has_heard = session.next().has_value(); });
      const auto answer = HttpTransport(options_for(server)).send({.path = "/version"});
      REQUIRE_FALSE(answer.has_value());
      CHECK(answer.error().kind == Kind::Unreachable);
      CAPTURE(answer.error().message);
      CHECK(answer.error().message.find(row.said) != std::string::npos);
    }
    CHECK_FALSE(has_heard);
  }
}

TEST_CASE("a CA of this machine does not vouch where a CA is given") {
  // OpenSSL finds the machine's CAs by this variable.
  const std::string file =
      std::string(std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp") +
      "/pxguard-machine-ca-" + std::to_string(::getpid()) + ".pem";
  const auto other = certs::Authority::create("another", around_now());
  {
    std::unique_ptr<std::FILE, decltype(&std::fclose)> out(std::fopen(file.c_str(), "w"),
                                                           std::fclose);
    REQUIRE(std::fputs(authority().certificate_pem()->c_str(), out.get()) >= 0);
  }
  ::setenv("SSL_CERT_FILE", file.c_str(), 1);
  TlsServer server(server_pair(), [](Session& session) {
    if (session.next()) session.answer("{}");
  });
  auto options = options_for(server);
  options.context = certs::client_context(other->certificate_pem().value(), nullptr).value();
  CHECK_FALSE(HttpTransport(std::move(options)).send({.path = "/"}).has_value());
  auto with_machine = options_for(server);
  with_machine.context = certs::client_context("", nullptr).value();
  CHECK(HttpTransport(std::move(with_machine)).send({.path = "/"}).has_value());
  ::unsetenv("SSL_CERT_FILE");
  ::unlink(file.c_str());
}

TEST_CASE("a name that the server is to show may be another than its address") {
  TlsServer server(pair_for({.dns_names = {"kubernetes.default.svc"}}), [](Session& session) {
    if (session.next()) session.answer("{}");
  });
  auto options = options_for(server);
  options.endpoint.peer.server_name = "kubernetes.default.svc";
  CHECK(HttpTransport(std::move(options)).send({.path = "/"}).has_value());
  CHECK_FALSE(HttpTransport(options_for(server)).send({.path = "/"}).has_value());
}

TEST_CASE("a client certificate is shown to a server that asks for one") {
  TlsServer server(
      server_pair(),
      [](Session& session) {
        if (session.next()) session.answer("{}");
      },
      authority().certificate_pem().value());
  const certs::KeyPair mine = pair_for({.common_name = "ada", .usage = certs::Usage::Client});
  auto options = options_for(server);
  options.context = certs::client_context(authority().certificate_pem().value(), &mine).value();
  CHECK(HttpTransport(std::move(options)).send({.path = "/"}).has_value());
  const auto without = HttpTransport(options_for(server)).send({.path = "/"});
  REQUIRE_FALSE(without.has_value());
  CHECK(without.error().kind == Kind::Unreachable);
}

TEST_CASE("an answer that is cut is none") {
  const auto in_a_chunk = failure_of([](Session& session) {
    session.next();
    session.begin_chunks();
    session.chunk(R"({"items":[)");
    session.write("400\r\n{\"kind\"");
    session.cut();
  });
  CHECK(in_a_chunk.kind == Kind::Unreachable);
  const auto between_chunks = failure_of([](Session& session) {
    session.next();
    session.begin_chunks();
    session.chunk("{}");
    session.cut();
  });
  CHECK(between_chunks.kind == Kind::Unreachable);
  const auto in_a_length = failure_of([](Session& session) {
    session.next();
    session.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}");
  });
  CHECK(in_a_length.kind == Kind::Unreachable);
  // Whoever cuts a connection on the way cannot say goodbye in TLS.
  const auto without_length = failure_of([](Session& session) {
    session.next();
    session.write("HTTP/1.1 200 OK\r\n\r\n{}");
    session.cut();
  });
  CHECK(without_length.kind == Kind::Unreachable);
}

TEST_CASE("a server that says nothing more is not waited for") {
  CHECK(failure_of([](Session& session) { session.stay_silent(); }).kind == Kind::Unreachable);
  const auto stalled = failure_of([](Session& session) {
    session.next();
    session.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}");
    session.stay_silent();
  });
  CHECK(stalled.kind == Kind::Unreachable);
  CHECK(stalled.message.find("no answer") != std::string::npos);
}

TEST_CASE("an answer, a line and a head without an end are refused") {
  const std::string megabyte(std::size_t{1} << 20, 'x');
  const auto endless = [&megabyte](std::string_view begin, std::string_view piece) {
    return failure_of([&](Session& session) {
      session.next();
      session.write(begin);
      for (int i = 0; i < 200 && session.write(piece.empty() ? megabyte : piece); ++i) {
      }
    });
  };
  const auto body = endless("HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n", "");
  CHECK(body.kind == Kind::Broken);
  CHECK(body.message == "the answer has more than 1048576 bytes");
  CHECK(endless("HTTP/1.1 200 ", "").kind == Kind::Broken);
  CHECK(endless("HTTP/1.1 200 OK\r\nX: ", "").kind == Kind::Broken);
  CHECK(endless("HTTP/1.1 200 OK\r\n", "X: " + std::string(1000, 'y') + "\r\n").kind ==
        Kind::Broken);
  CHECK(endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "").kind == Kind::Broken);
}

TEST_CASE("what is no HTTP is no answer") {
  CHECK_FALSE(answer_of([](Session& session) {
                session.next();
                session.write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
              }).has_value());
}

TEST_CASE("a server says how long it wants to be left alone") {
  const auto answer = answer_of([](Session& session) {
    session.next();
    session.answer("{}", "429 Too Many Requests", "Retry-After: 3\r\n");
  });
  REQUIRE(answer.has_value());
  CHECK(answer->status == 429);
  REQUIRE(answer->retry_after.has_value());
  CHECK(*answer->retry_after == 3s);
}

TEST_CASE("a stream is handed on as it comes, and may be left") {
  std::string got;
  TlsServer server(server_pair(), [](Session& session) {
    while (session.next()) {
      session.begin_chunks();
      session.chunk("one\ntw");
      session.chunk("o\n");
      session.end_chunks();
    }
  });
  HttpTransport transport(options_for(server));
  const auto whole = transport.stream({.path = "/"}, [&got](std::string_view bytes) {
    got += bytes;
    return true;
  });
  REQUIRE(whole.has_value());
  CHECK(whole->status == 200);
  CHECK(whole->body.empty());
  CHECK(got == "one\ntwo\n");
  CHECK(transport.stream({.path = "/"}, [](std::string_view) { return false; }).has_value());
  CHECK(transport.send({.path = "/"})->body == "one\ntwo\n");
}

TEST_CASE("a stream that is refused is an answer like any other") {
  TlsServer server(server_pair(), [](Session& session) {
    while (session.next()) session.answer("{}", "410 Gone");
  });
  bool has_bytes = false;
  const auto answer =
      HttpTransport(options_for(server)).stream({.path = "/"}, [&has_bytes](std::string_view) {
        return has_bytes = true;
      });
  REQUIRE(answer.has_value());
  CHECK(answer->status == 410);
  CHECK(answer->body == "{}");
  CHECK_FALSE(has_bytes);
}

}  // namespace pxguard::cluster
