#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "certs/authority.h"
#include "certs/server_context.h"
#include "tests/support/tls_client.h"
#include "webhook/address.h"
#include "webhook/metrics.h"
#include "webhook/server.h"
#include "webhook/status.h"

using namespace pxguard;
using namespace pxguard::webhook;
using pxguard::testing::Answer;
using pxguard::testing::TlsClient;
using namespace std::chrono_literals;

namespace {

const certs::Validity kDay{std::chrono::system_clock::now() - 1min,
                           std::chrono::system_clock::now() + 24h};

const certs::Authority& authority() {
  static const certs::Authority ca = certs::Authority::create("test CA", kDay).value();
  return ca;
}

certs::KeyPair issue(std::string common_name, certs::Usage usage = certs::Usage::Server) {
  return authority()
      .issue({.common_name = std::move(common_name),
              .dns_names = {"localhost"},
              .usage = usage,
              .validity = kDay})
      .value()
      .pair()
      .value();
}

using Pairs = Published<certs::KeyPair>;

std::shared_ptr<Pairs> pairs() {
  return std::make_shared<Pairs>(std::make_shared<const certs::KeyPair>(issue("first")));
}

std::shared_ptr<const certs::ClientAuthorities> authorities_of(const certs::Authority& authority) {
  return std::make_shared<const certs::ClientAuthorities>(
      certs::ClientAuthorities::parse(authority.certificate_pem().value()).value());
}

using Clients = Published<certs::ClientAuthorities>;

std::shared_ptr<Clients> published(const certs::Authority& authority) {
  return std::make_shared<Clients>(authorities_of(authority));
}

// Short deadlines: what a test waits for takes a fraction of a second.
Options options() {
  Options made;
  made.address = "127.0.0.1:0";
  made.routes = {{"POST", "/validate", 1000ms}, {"POST", "/mutate", 500ms}};
  made.tls = certs::server_context(pairs()).value();
  made.workers = 2;
  made.deadlines = {.handshake = 400ms,
                    .first_word = 100ms,
                    .head = 400ms,
                    .request = 800ms,
                    .write = 400ms,
                    .idle = 60s,
                    .linger = 300ms,
                    .drain_grace = 100ms,
                    .drain = 5s,
                    .sweep = 20ms};
  return made;
}

Response size_of_body(const Request& request) {
  Response response;
  response.body = std::to_string(request.body.size());
  return response;
}

std::unique_ptr<Server> serve(Options with = options(), Handler handler = size_of_body) {
  Result<std::unique_ptr<Server>> server = Server::open(std::move(with), std::move(handler));
  REQUIRE(server.has_value());
  return std::move(server).value();
}

TlsClient connected(const Server& server) {
  TlsClient client(server.port());
  REQUIRE(client.handshake());
  return client;
}

std::string post(std::string_view path, std::string_view body, std::string_view more = "") {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{}"
      "Content-Length: {}\r\n\r\n{}",
      path, more, body.size(), body);
}

std::string head(std::string_view fields, std::string_view line = "POST /validate HTTP/1.1") {
  return fmt::format("{}\r\n{}\r\n", line, fields);
}

int status_of(const Server& server, std::string_view request) {
  return connected(server).status_of(request);
}

bool comes_down_to(std::size_t connections, const Server& server,
                   std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (server.connections() > connections && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(5ms);
  }
  return server.connections() == connections;
}

bool answers_at_once(const Server& server) {
  const auto began = std::chrono::steady_clock::now();
  const bool answered = status_of(server, post("/validate", "{}")) == 200;
  return answered && std::chrono::steady_clock::now() - began < 1s;
}

}  // namespace

TEST_CASE("a review is answered, and the next one on the same connection") {
  const auto server = serve();
  TlsClient client = connected(*server);
  for (int i = 0; i < 3; ++i) {
    const std::optional<Answer> answer = client.ask(post("/validate?timeout=2s", "12345"));
    REQUIRE(answer.has_value());
    CHECK(answer->status == 200);
    CHECK(answer->body == "5");
    CHECK_FALSE(answer->says_close());
  }
  CHECK(server->connections() == 1);
}

TEST_CASE("TLS 1.2 and 1.3 are spoken, nothing older") {
  const auto server = serve();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server->port());
    REQUIRE(client.handshake(nullptr, {}, version));
    CHECK(SSL_version(client.ssl()) == version);
  }
  TlsClient old(server->port());
  CHECK_FALSE(old.handshake(nullptr, {}, TLS1_1_VERSION));
}

TEST_CASE("HTTP/1.1 is chosen by ALPN, and HTTP/2 alone refused") {
  const auto server = serve();
  TlsClient both(server->port());
  REQUIRE(both.handshake(nullptr, "\x02h2\x08http/1.1"));
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.ssl(), &chosen, &size);
  CHECK(std::string(reinterpret_cast<const char*>(chosen), size) == "http/1.1");
  TlsClient http2(server->port());
  CHECK_FALSE(http2.handshake(nullptr, "\x02h2"));
}

TEST_CASE("what cannot be served is refused before its body, with one answer, and closed") {
  const auto server = serve();
  const std::string json = "Content-Type: application/json\r\n";
  const std::string host = "Host: a\r\n";
  const struct {
    std::string what, request;
    int status;
  } cases[] = {
      {"oversize", head(host + json + "Content-Length: 209715200\r\n"), 413},
      {"beyond 64 bits", head(host + "Content-Length: 99999999999999999999999\r\n"), 400},
      {"chunked", head(host + json + "Transfer-Encoding: chunked\r\n") + "2\r\n{}\r\n0\r\n\r\n",
       411},
      {"gzip, chunked", head(host + "Transfer-Encoding: gzip, chunked\r\n"), 411},
      {"no length", head(host + json), 411},
      {"gzip", head(host + json + "Content-Encoding: gzip\r\nContent-Length: 2\r\n") + "{}", 415},
      {"form",
       head(host + "Content-Type: application/x-www-form-urlencoded\r\n"
                   "Content-Length: 2\r\n") +
           "{}",
       415},
      {"expect", head(host + json + "Expect: 100-continue\r\nContent-Length: 2\r\n"), 417},
      {"GET", head(host, "GET /validate HTTP/1.1"), 405},
      {"path", head(host + json + "Content-Length: 2\r\n", "POST /elsewhere HTTP/1.1") + "{}", 404},
      {"CL and TE", head(host + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n") + "{}", 400},
      {"TE and CL", head(host + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n") + "{}", 400},
      {"TE gzip and CL", head(host + "Transfer-Encoding: gzip\r\nContent-Length: 2\r\n") + "{}",
       400},
      {"two CLs", head(host + "Content-Length: 2\r\nContent-Length: 3\r\n") + "{}", 400},
      {"equal CLs", head(host + "Content-Length: 2\r\nContent-Length: 2\r\n") + "{}", 400},
      {"list CL", head(host + "Content-Length: 2, 2\r\n") + "{}", 400},
      {"+2", head(host + "Content-Length: +2\r\n") + "{}", 400},
      {"-1", head(host + "Content-Length: -1\r\n") + "{}", 400},
      {"abc", head(host + "Content-Length: abc\r\n") + "{}", 400},
      {"0x2", head(host + "Content-Length: 0x2\r\n") + "{}", 400},
      {"empty CL", head(host + "Content-Length: \r\n") + "{}", 400},
      {"CL :", head(host + "Content-Length : 2\r\n") + "{}", 400},
      {"fold", head(host + "X-A: b\r\n c\r\nContent-Length: 2\r\n") + "{}", 400},
      {"bare LF", "POST /validate HTTP/1.1\nHost: a\nContent-Length: 2\n\n{}", 400},
      {"one bare LF", head(host + "X-A: b\nContent-Length: 2\r\n") + "{}", 400},
      {"bare CR", head(host + "X-A: b\rX-B: c\r\nContent-Length: 2\r\n") + "{}", 400},
      {"NUL", head(host + std::string("X-A: b\0c\r\n", 10) + "Content-Length: 2\r\n") + "{}", 400},
      {"two Hosts", head(host + "Host: b\r\nContent-Length: 2\r\n") + "{}", 400},
      {"no Host", head("Content-Length: 2\r\n") + "{}", 400},
      {"absolute target",
       head(host + "Content-Length: 2\r\n", "POST http://a/validate HTTP/1.1") + "{}", 400},
      {"HTTP/2.0", head(host + "Content-Length: 2\r\n", "POST /validate HTTP/2.0") + "{}", 400},
      {"no version", head(host, "POST /validate"), 400},
      {"empty line first", "\r\n" + post("/validate", "{}"), 400},
  };
  for (const auto& bad : cases) {
    CAPTURE(bad.what);
    TlsClient client = connected(*server);
    const std::optional<Answer> answer = client.ask(bad.request);
    REQUIRE(answer.has_value());
    CHECK(answer->status == bad.status);
    CHECK(answer->says_close());
    CHECK_FALSE(client.answer(2s).has_value());
  }
}

TEST_CASE("the content type may be absent, or have a parameter") {
  const auto server = serve();
  CHECK(status_of(*server, head("Host: a\r\nContent-Length: 2\r\n") + "{}") == 200);
  CHECK(status_of(*server, head("Host: a\r\nContent-Type: Application/JSON; charset=utf-8\r\n"
                                "Content-Encoding: identity\r\nContent-Length: 2\r\n") +
                               "{}") == 200);
}

TEST_CASE("405 names the method that does it") {
  const auto server = serve();
  const auto answer = connected(*server).ask(head("Host: a\r\n", "DELETE /mutate HTTP/1.1"));
  REQUIRE(answer.has_value());
  CHECK(answer->head.find("Allow: POST\r\n") != std::string::npos);
}

TEST_CASE("a head is at most 64 KiB, however many fields") {
  const auto server = serve();
  CHECK(status_of(*server,
                  head("Host: a\r\nX: " + std::string(60'000, 'x') + "\r\nContent-Length: 2\r\n") +
                      "{}") == 200);
  CHECK(status_of(*server, head("Host: a\r\nX: " + std::string(80'000, 'x') + "\r\n")) == 431);
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += "A: b\r\n";
  CHECK(status_of(*server, head("Host: a\r\n" + flood)) == 431);
}

TEST_CASE("pipelined requests are all answered, in order") {
  const auto server = serve();
  TlsClient client = connected(*server);
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += post("/validate", std::string(std::size_t(i), ' '));
  REQUIRE(client.send(requests));
  for (int i = 0; i < 200; ++i) {
    const std::optional<Answer> answer = client.answer();
    REQUIRE(answer.has_value());
    CHECK(answer->body == std::to_string(i));
  }
}

TEST_CASE("a request may come one byte a record") {
  const auto server = serve();
  TlsClient client = connected(*server);
  for (const char byte : post("/validate", "{\"a\": 1}")) REQUIRE(client.send({&byte, 1}));
  const std::optional<Answer> answer = client.answer();
  REQUIRE(answer.has_value());
  CHECK(answer->body == "8");
}

TEST_CASE("a large body arrives whole") {
  const auto server = serve();
  TlsClient client = connected(*server);
  for (const std::size_t size : {std::size_t{70'000}, std::size_t{1} << 20, std::size_t{5} << 20}) {
    const std::optional<Answer> answer = client.ask(post("/validate", std::string(size, ' ')));
    REQUIRE(answer.has_value());
    CHECK(answer->body == std::to_string(size));
  }
}

TEST_CASE("a large answer arrives whole, and one that nobody reads is given up") {
  Options slow = options();
  slow.deadlines.write = 1500ms;
  const auto server = serve(std::move(slow), [](const Request&) {
    Response response;
    response.body.assign(std::size_t{20} << 20, 'x');
    return response;
  });
  TlsClient reader = connected(*server);
  const std::optional<Answer> answer = reader.ask(post("/validate", "{}"));
  REQUIRE(answer.has_value());
  CHECK(answer->body.size() == std::size_t{20} << 20);

  TlsClient idler = connected(*server);
  REQUIRE(idler.send(post("/validate", "{}")));
  CHECK(server->connections() == 2);
  CHECK(comes_down_to(1, *server, 4s));
}

TEST_CASE("clients that wait, say nothing or half of something keep nobody else waiting") {
  const auto server = serve();
  std::vector<TlsClient> crowd;
  for (int i = 0; i < 60; ++i) crowd.push_back(connected(*server));  // idle
  for (int i = 0; i < 60; ++i) crowd.emplace_back(server->port());   // no ClientHello
  for (int i = 0; i < 30; ++i) {
    crowd.push_back(connected(*server));
    crowd.back().send("POST /validate HTTP/1.1\r\nHost: a\r\nX-Half");
  }
  for (int i = 0; i < 30; ++i) {
    crowd.push_back(connected(*server));
    crowd.back().send(head("Host: a\r\nContent-Length: 1000\r\n") + "half");
  }
  CHECK(answers_at_once(*server));
}

TEST_CASE("deadlines are absolute: bytes that trickle in do not move them") {
  const auto server = serve();
  TlsClient header = connected(*server);
  TlsClient body = connected(*server);
  const TlsClient silent(server->port());
  REQUIRE(header.send("POST /validate HTTP/1.1\r\n"));
  REQUIRE(body.send(head("Host: a\r\nContent-Length: 1000\r\n")));
  const auto began = std::chrono::steady_clock::now();
  std::thread drip([&header, &body, began] {
    while (std::chrono::steady_clock::now() - began < 1500ms) {
      const bool header_lives = header.send("a: b\r\n");
      const bool body_lives = body.send("x");
      if (!header_lives || !body_lives) return;
      std::this_thread::sleep_for(50ms);
    }
  });
  std::this_thread::sleep_for(600ms);
  CHECK(server->connections() == 1);  // the body's
  std::this_thread::sleep_for(500ms);
  CHECK(server->connections() == 0);
  drip.join();
}

TEST_CASE("an idle connection is closed after its time, and not before") {
  Options brief = options();
  brief.deadlines.idle = 500ms;
  const auto server = serve(std::move(brief));
  TlsClient client = connected(*server);
  CHECK(client.status_of(post("/validate", "{}")) == 200);
  std::this_thread::sleep_for(300ms);
  CHECK(client.status_of(post("/validate", "{}")) == 200);
  CHECK(client.is_ended_within(1500ms));
}

TEST_CASE("an exception in the handler is a 500 without its text, and the connection goes on") {
  std::atomic<bool> fails = true;
  const auto server = serve(options(), [&fails](const Request& request) {
    if (fails) throw std::runtime_error("canary");
    return size_of_body(request);
  });
  TlsClient client = connected(*server);
  const std::optional<Answer> answer = client.ask(post("/validate", "{}"));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 500);
  CHECK(answer->body == "internal error\n");
  fails = false;
  CHECK(client.status_of(post("/validate", "{}")) == 200);
}

TEST_CASE("an answer after the deadline is a 500; the client's patience can only lower it") {
  const auto server = serve(options(), [](const Request& request) {
    Response response;
    response.body = std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                                       request.deadline - std::chrono::steady_clock::now())
                                       .count());
    if (request.path == "/mutate") std::this_thread::sleep_for(600ms);
    return response;
  });
  TlsClient client = connected(*server);
  CHECK(client.status_of(post("/mutate", "{}")) == 500);
  for (const std::string_view query :
       {"", "?timeout=1s", "?timeout=30s", "?timeout=0s", "?timeout=x"}) {
    const std::optional<Answer> answer = client.ask(post(fmt::format("/validate{}", query), "{}"));
    REQUIRE(answer.has_value());
    CHECK(std::stoi(answer->body) <= 1000);
    CHECK(std::stoi(answer->body) > 500);
  }
}

TEST_CASE("at the limit of connections the longest idle one goes, and never a busy one") {
  Options few = options();
  few.connections = 4;
  few.deadlines.request = 10s;
  const auto server = serve(std::move(few));
  TlsClient busy = connected(*server);
  const std::string request = post("/validate", "0123456789");
  REQUIRE(busy.send(request.substr(0, request.size() - 5)));
  TlsClient oldest = connected(*server);
  CHECK(oldest.status_of(post("/validate", "{}")) == 200);
  std::this_thread::sleep_for(50ms);
  TlsClient older = connected(*server);
  CHECK(older.status_of(post("/validate", "{}")) == 200);
  std::this_thread::sleep_for(50ms);
  TlsClient newest = connected(*server);
  CHECK(newest.status_of(post("/validate", "{}")) == 200);

  TlsClient fifth = connected(*server);
  CHECK(fifth.status_of(post("/validate", "{}")) == 200);
  CHECK(oldest.is_ended_within(2s));
  CHECK(older.status_of(post("/validate", "{}")) == 200);
  CHECK(newest.status_of(post("/validate", "{}")) == 200);
  const std::optional<Answer> answer = busy.ask(request.substr(request.size() - 5));
  REQUIRE(answer.has_value());
  CHECK(answer->body == "10");
}

TEST_CASE("who has never said a word goes before who is idle") {
  Options few = options();
  few.connections = 2;
  few.deadlines.handshake = 10s;
  const auto server = serve(std::move(few));
  TlsClient idle = connected(*server);
  CHECK(idle.status_of(post("/validate", "{}")) == 200);
  TlsClient silent(server->port(), TlsClient::Speak::Plainly);
  std::this_thread::sleep_for(200ms);
  TlsClient third = connected(*server);
  CHECK(silent.is_ended_within(2s));
  CHECK(idle.status_of(post("/validate", "{}")) == 200);
  CHECK(third.status_of(post("/validate", "{}")) == 200);
}

TEST_CASE("a crowd above the limit is served all the same") {
  Options few = options();
  few.connections = 20;
  const auto server = serve(std::move(few));
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&server, &answered] {
      std::vector<TlsClient> mine;
      for (int k = 0; k < 10; ++k) {
        mine.emplace_back(server->port());
        if (mine.back().handshake() && mine.back().status_of(post("/validate", "{}")) == 200)
          ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(answered.load() >= 70);
  CHECK(answers_at_once(*server));
}

TEST_CASE("bytes above the budget are refused with 503 and a time to come back") {
  Options small = options();
  // A body of 3 MiB arrives, but cannot be parsed at 14 times its size.
  small.bytes_in_flight = std::size_t{36} << 20;
  const auto server = serve(std::move(small));
  TlsClient client = connected(*server);
  const std::optional<Answer> parsed =
      client.ask(post("/validate", std::string(std::size_t{3} << 20, ' ')));
  REQUIRE(parsed.has_value());
  CHECK(parsed->status == 503);
  CHECK(parsed->head.find("Retry-After: 1\r\n") != std::string::npos);
  // What was held is given back.
  CHECK(client.status_of(post("/validate", "{}")) == 200);

  // One of 30 MiB is cut off while it arrives.
  TlsClient larger = connected(*server);
  larger.send(post("/validate", std::string(std::size_t{30} << 20, ' ')));
  const std::optional<Answer> cut = larger.answer();
  REQUIRE(cut.has_value());
  CHECK(cut->status == 503);
  CHECK(answers_at_once(*server));
}

TEST_CASE("large bodies are reviewed one at a time, and small ones meanwhile") {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  Options patient = options();
  patient.routes[0].deadline = 5s;
  const auto server = serve(std::move(patient), [&inside, &most](const Request& request) {
    if (request.body.size() > limits::kLargeBody) {
      most = std::max(most.load(), ++inside);
      std::this_thread::sleep_for(300ms);
      --inside;
    }
    return size_of_body(request);
  });
  const std::string large = post("/validate", std::string(std::size_t{2} << 20, ' '));
  std::vector<TlsClient> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(connected(*server));
  for (TlsClient& client : clients) REQUIRE(client.send(large));
  for (int i = 0; i < 4; ++i) CHECK(answers_at_once(*server));
  for (TlsClient& client : clients) {
    const std::optional<Answer> answer = client.answer();
    REQUIRE(answer.has_value());
    CHECK(answer->status == 200);
  }
  CHECK(most == 1);
}

TEST_CASE("a new certificate is shown to the next client, and no connection is dropped for it") {
  const std::shared_ptr<Pairs> current = pairs();
  Options with = options();
  with.tls = certs::server_context(current).value();
  const auto server = serve(std::move(with));
  TlsClient before = connected(*server);
  current->publish(std::make_shared<const certs::KeyPair>(issue("second")));
  TlsClient after = connected(*server);
  const auto name = [](TlsClient& client) {
    char text[64] = {};
    const X509* shown = SSL_get0_peer_certificate(client.ssl());
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, text, sizeof(text));
    return std::string(text);
  };
  CHECK(name(before) == "first");
  CHECK(name(after) == "second");
  CHECK(before.status_of(post("/validate", "{}")) == 200);
}

TEST_CASE("without a certificate yet, handshakes fail and the server lives") {
  const auto none = std::make_shared<Pairs>();
  Options with = options();
  with.tls = certs::server_context(none).value();
  const auto server = serve(std::move(with));
  CHECK_FALSE(TlsClient(server->port()).handshake());
  none->publish(std::make_shared<const certs::KeyPair>(issue("late")));
  CHECK(answers_at_once(*server));
}

TEST_CASE("with a client CA only its certificates are let in, and the handler knows") {
  std::atomic<int> failures = 0;
  Options strict = options();
  const auto clients = published(authority());
  strict.tls = certs::server_context(pairs(), clients).value();
  strict.on_handshake_failure = [&failures](std::string_view) { ++failures; };
  const auto server = serve(std::move(strict), [](const Request& request) {
    Response response;
    response.body = request.client_certificate ? "known" : "stranger";
    return response;
  });
  const certs::KeyPair ours = issue("api server", certs::Usage::Client);
  TlsClient known(server->port());
  REQUIRE(known.handshake(&ours));
  CHECK(known.ask(post("/validate", "{}"))->body == "known");

  // In TLS 1.3 a client learns at its first read that it was refused.
  TlsClient nobody(server->port());
  nobody.handshake();
  CHECK(nobody.status_of(post("/validate", "{}")) == 0);
  const certs::Authority other = certs::Authority::create("other CA", kDay).value();
  const certs::KeyPair theirs =
      other.issue({.common_name = "x", .usage = certs::Usage::Client, .validity = kDay})
          .value()
          .pair()
          .value();
  TlsClient stranger(server->port());
  stranger.handshake(&theirs);
  CHECK(stranger.status_of(post("/validate", "{}")) == 0);
  const certs::KeyPair for_servers = issue("not a client");
  TlsClient wrong_usage(server->port());
  wrong_usage.handshake(&for_servers);
  CHECK(wrong_usage.status_of(post("/validate", "{}")) == 0);
  // The client may know of it a moment before the server has counted it.
  for (int i = 0; i < 400 && failures < 3; ++i) std::this_thread::sleep_for(5ms);
  CHECK(failures == 3);
  // The CA changes: who was let in stays, who comes next is asked for the new one.
  clients->publish(authorities_of(other));
  CHECK(known.status_of(post("/validate", "{}")) == 200);
  TlsClient late(server->port());
  late.handshake(&ours);
  CHECK(late.status_of(post("/validate", "{}")) == 0);
  TlsClient welcome(server->port());
  REQUIRE(welcome.handshake(&theirs));
  CHECK(welcome.status_of(post("/validate", "{}")) == 200);
}

TEST_CASE("a lame duck answers everybody, for the last time") {
  const auto server = serve();
  TlsClient before = connected(*server);
  CHECK(before.status_of(post("/validate", "{}")) == 200);
  server->lame_duck();
  std::optional<Answer> answer = before.ask(post("/validate", "{}"));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->says_close());
  CHECK(before.is_ended_within(2s));
  answer = connected(*server).ask(post("/validate", "{}"));
  REQUIRE(answer.has_value());
  CHECK(answer->says_close());
}

TEST_CASE("stopping answers what is under way and then lets go") {
  std::atomic<bool> reached = false;
  const auto server = serve(options(), [&reached](const Request& request) {
    reached = true;
    std::this_thread::sleep_for(500ms);
    return size_of_body(request);
  });
  TlsClient idle = connected(*server);
  TlsClient half = connected(*server);
  const std::string request = post("/validate", "0123456789");
  REQUIRE(half.send(request.substr(0, request.size() - 5)));
  TlsClient slow = connected(*server);
  REQUIRE(slow.send(post("/validate", "{}")));
  while (!reached) std::this_thread::sleep_for(1ms);

  std::future<bool> stopped = std::async(std::launch::async, [&server] { return server->stop(); });
  const std::optional<Answer> first = slow.answer();
  REQUIRE(first.has_value());
  CHECK(first->status == 200);
  CHECK(first->says_close());
  const std::optional<Answer> second = half.ask(request.substr(request.size() - 5));
  REQUIRE(second.has_value());
  CHECK(second->status == 200);
  CHECK(idle.is_ended_within(2s));
  CHECK(stopped.get());
  CHECK_FALSE(TlsClient(server->port()).is_connected());
}

TEST_CASE("whoever connected before the end is still answered") {
  const auto server = serve();
  std::vector<TlsClient> late;
  for (int i = 0; i < 10; ++i) late.emplace_back(server->port());
  std::future<bool> stopped = std::async(std::launch::async, [&server] { return server->stop(); });
  for (TlsClient& client : late) {
    REQUIRE(client.handshake());
    CHECK(client.status_of(post("/validate", "{}")) == 200);
  }
  CHECK(stopped.get());
}

TEST_CASE("a handler that never comes back is said, not waited for") {
  static std::promise<void> never;
  static std::shared_future<void> gate = never.get_future().share();
  Options brief = options();
  brief.deadlines.drain = 300ms;
  const auto server = serve(std::move(brief), [](const Request& request) {
    gate.wait();
    return size_of_body(request);
  });
  TlsClient client = connected(*server);
  REQUIRE(client.send(post("/validate", "{}")));
  std::this_thread::sleep_for(100ms);
  CHECK_FALSE(server->stop());
  never.set_value();
  std::this_thread::sleep_for(300ms);
}

TEST_CASE("IPv6 is served, and IPv4 with it on the unspecified address") {
  Options both = options();
  both.address = "[::]:0";
  const auto server = serve(std::move(both));
  for (const TlsClient::Family family : {TlsClient::Family::V4, TlsClient::Family::V6}) {
    TlsClient client(server->port(), TlsClient::Speak::Tls, family);
    REQUIRE(client.handshake());
    CHECK(client.status_of(post("/validate", "{}")) == 200);
  }
  CHECK(server->address() == fmt::format("[::]:{}", server->port()));
}

TEST_CASE("without TLS the same server answers probes") {
  Options plain = options();
  plain.tls = nullptr;
  plain.body_limit = limits::kStatusBody;
  plain.routes = {{"GET", "/healthz", 1000ms}};
  const auto server = serve(std::move(plain));
  TlsClient client(server->port(), TlsClient::Speak::Plainly);
  CHECK(client.status_of("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
  // A body is read and ignored: it is not the next request.
  CHECK(client.status_of("GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nGET") ==
        200);
  CHECK(client.status_of("GET /healthz HTTP/1.0\r\n\r\n") == 200);
  CHECK(client.is_ended_within(1s));
}

TEST_CASE("an address that cannot be had is an error that names it") {
  const auto first = serve();
  for (const std::string& address : {std::string("nowhere"), std::string("127.0.0.1:99999"),
                                     std::string("localhost:1"), first->address()}) {
    Options second = options();
    second.address = address;
    const auto server = Server::open(std::move(second), size_of_body);
    REQUIRE_FALSE(server.has_value());
    CHECK(server.error().message.find(address) != std::string::npos);
  }
}

TEST_CASE("the timeout of a query is whole seconds or nothing") {
  CHECK(timeout_of("timeout=10s") == 10s);
  CHECK(timeout_of("a=b&timeout=2s&c") == 2s);
  for (const std::string_view bad : {"", "timeout=", "timeout=s", "timeout=-1s", "timeout=1.5s",
                                     "timeout=99999999s", "timeout=1m", "xtimeout=1s"}) {
    CAPTURE(bad);
    CHECK(timeout_of(bad) == 0s);
  }
}

TEST_CASE("an address is an IP address and a port") {
  CHECK(parse_address("0.0.0.0:8443")->port == 8443);
  CHECK(parse_address("[::1]:0")->host == "::1");
  for (const std::string_view bad : {"", "1.2.3.4", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:65536",
                                     "::1:80", "1.2.3.4:-1", "1.2.3.4:80 "}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_address(bad).has_value());
  }
}

TEST_CASE("metrics count by labels of fixed sets, and whatever is not in them is `other`") {
  Metrics metrics({"PXS102", "PXS101"});
  metrics.count_admission("CREATE", "DaemonSet", true, 300us);
  metrics.count_admission("CREATE", "DaemonSet", true, 2s);
  metrics.count_admission("a\"b\n", "c", false, 0s);
  metrics.count_finding("PXS102", "deny");
  metrics.count_finding("PXS999", "warn");
  metrics.count_finding("PXS102", "off");
  metrics.count_exception("PXS101");
  metrics.count_mutation("PXS102");
  metrics.count_response(503);
  metrics.count_response(418);
  metrics.set_policy("cafe");
  metrics.set_certificate_expiry(std::chrono::system_clock::from_time_t(1060));
  const std::string text = metrics.text(std::chrono::system_clock::from_time_t(1000), 7);
  for (const std::string_view line : {
           "pxguard_admission_requests_total{operation=\"CREATE\",kind=\"DaemonSet\",allowed="
           "\"true\"} 2",
           "pxguard_admission_requests_total{operation=\"other\",kind=\"other\",allowed=\"false\"} "
           "1",
           "pxguard_admission_duration_seconds_bucket{le=\"0.0001\"} 1",
           "pxguard_admission_duration_seconds_bucket{le=\"0.0005\"} 2",
           "pxguard_admission_duration_seconds_bucket{le=\"1\"} 2",
           "pxguard_admission_duration_seconds_bucket{le=\"+Inf\"} 3",
           "pxguard_admission_duration_seconds_sum 2.0003",
           "pxguard_admission_duration_seconds_count 3",
           "pxguard_findings_total{rule=\"PXS102\",action=\"deny\"} 1",
           "pxguard_findings_total{rule=\"other\",action=\"warn\"} 1",
           "pxguard_exceptions_used_total{rule=\"PXS101\"} 1",
           "pxguard_mutations_total{rule=\"PXS102\"} 1",
           "pxguard_http_responses_total{code=\"503\"} 1",
           "pxguard_http_responses_total{code=\"other\"} 1",
           "pxguard_open_connections 7",
           "pxguard_policy_info{hash=\"cafe\"} 1",
           "pxguard_policy_reload_failing 0",
           "pxguard_certificate_expiry_seconds 60",
       }) {
    CAPTURE(line);
    CHECK(text.find(fmt::format("\n{}\n", line)) != std::string::npos);
  }
  CHECK(text.find("a\"b") == std::string::npos);
}

TEST_CASE("ready once policy and certificate are loaded, and not when leaving; alive throughout") {
  const Metrics metrics({});
  Status status(metrics, [] { return std::size_t{0}; });
  const auto ask = [&status](std::string_view path) {
    return status.answer({.method = "GET", .path = path, .query = {}, .body = {}, .deadline = {}});
  };
  CHECK(ask("/readyz").body == "not ready: no policy is loaded yet\n");
  status.set_policy_loaded();
  CHECK(ask("/readyz").body == "not ready: no certificate is loaded yet\n");
  CHECK(ask("/readyz").status == 503);
  status.set_certificate_loaded();
  CHECK(ask("/readyz").status == 200);
  status.set_leaving();
  CHECK(ask("/readyz").status == 503);
  CHECK(ask("/readyz").body == "not ready: shutting down\n");
  CHECK(ask("/healthz").status == 200);
  CHECK(ask("/metrics").status == 200);
}
