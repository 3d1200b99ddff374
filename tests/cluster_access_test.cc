#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "cluster/access.h"
#include "cluster/credentials.h"
#include "support/folder.h"
#include "support/tls_server.h"

namespace pxguard::cluster {
namespace {

using namespace std::chrono_literals;
using testing::Session;
using testing::TlsServer;
using Kind = Failure::Kind;

const certs::Authority& authority() {
  static const certs::Authority made = [] {
    const auto now = std::chrono::system_clock::now();
    return certs::Authority::create("tests", {now - 1h, now + 1h}).value();
  }();
  return made;
}

// An API server that takes one token.
class ApiServer {
 public:
  explicit ApiServer(std::string token)
      : token_(std::move(token)), server_(pair(), [this](Session& session) { serve(session); }) {}

  void take(const std::string& token) {
    const std::lock_guard lock(mutex_);
    token_ = token;
  }
  [[nodiscard]] int refusals() const { return refusals_; }
  // As a Pod finds it.
  [[nodiscard]] Surroundings around(const test::Folder& folder) const {
    folder.put("ca.crt", authority().certificate_pem().value());
    return {.service_host = "127.0.0.1",
            .service_port = std::to_string(server_.port()),
            .service_account = folder.path()};
  }
  [[nodiscard]] std::string kubeconfig(const std::string& user) const {
    return "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
           "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:" +
           std::to_string(server_.port()) +
           "', certificate-authority: ca.crt}}]\nusers: [{name: u, user: " + user + "}]\n";
  }

 private:
  static certs::KeyPair pair() {
    const auto now = std::chrono::system_clock::now();
    return authority()
        .issue({.common_name = "server",
                .ip_addresses = {"127.0.0.1"},
                .validity = {now - 1h, now + 1h}})
        ->pair()
        .value();
  }
  void serve(Session& session) {
    while (const auto asked = session.next()) {
      const std::lock_guard lock(mutex_);
      const bool is_known = asked->says("Authorization: Bearer " + token_ + "\r\n");
      if (!is_known) ++refusals_;
      session.answer(is_known ? R"({"gitVersion":"v1.31.4"})" : R"({"message":"Unauthorized"})",
                     is_known ? "200 OK" : "401 Unauthorized");
    }
  }
  std::mutex mutex_;
  std::string token_;
  std::atomic<int> refusals_{0};
  TlsServer server_;
};

// A program in `folder` that prints an ExecCredential with the token in the file `token`, and
// counts its runs.
std::string plugin(const test::Folder& folder, const std::string& expires = "") {
  const std::string program = folder.put(
      "plugin",
      "#!/bin/sh\ncd \"$(dirname \"$0\")\" || exit 1\necho run >> runs\n"
      "case \"$KUBERNETES_EXEC_INFO\" in *'\"interactive\":false'*) ;; *) exit 3;; esac\n"
      "printf '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
      "\"status\":{\"token\":\"%s\"" +
          (expires.empty() ? "" : ",\"expirationTimestamp\":\"" + expires + "\"") +
          "}}' \"$(cat token)\"\n");
  ::chmod(program.c_str(), 0755);
  return "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}}";
}
std::size_t runs(const test::Folder& folder) {
  return test::read(folder.path("runs")).size() / std::string_view("run\n").size();
}

std::string version(const Access& access) {
  const auto answer = access.connect()->server_version();
  return answer ? *answer : std::string(to_string(answer.error().kind));
}

}  // namespace

TEST_CASE("a token that was rotated on disk is read again when the old one is not taken") {
  test::Folder folder;
  folder.put("token", "first\n");
  ApiServer server("first");
  const auto access = Access::find({}, server.around(folder));
  REQUIRE(access.has_value());
  const auto client = access->connect();
  CHECK(*client->server_version() == "v1.31.4");
  server.take("second");
  folder.put("token", "second\n");
  CHECK(*client->server_version() == "v1.31.4");
  CHECK(server.refusals() == 1);
  CHECK_MESSAGE(version(*access) == "v1.31.4", "other clients know it, too");
  CHECK(server.refusals() == 1);
}

TEST_CASE("a token that nobody takes is asked about once, and then said") {
  test::Folder folder;
  folder.put("token", "canary-3b1f");
  ApiServer server("other");
  const auto access = Access::find({}, server.around(folder));
  REQUIRE(access.has_value());
  const auto answer = access->connect()->server_version();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == Kind::Unauthorized);
  CHECK(answer.error().message == "Unauthorized");
  CHECK(server.refusals() == 1);
}

TEST_CASE("credentials that cannot be read are unauthorized, and the next request tries again") {
  test::Folder folder;
  ApiServer server("first");
  const auto access = Access::find({}, server.around(folder));
  REQUIRE(access.has_value());
  const auto client = access->connect();
  const auto none = client->server_version();
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().kind == Kind::Unauthorized);
  CHECK(none.error().message == "the service account of this Pod: tokenFile " +
                                    folder.path("token") + ": no such file or folder");
  folder.put("token", "with space");
  CHECK(client->server_version().error().message ==
        "the service account of this Pod: the token has characters that no token has");
  folder.put("token", "first");
  CHECK(client->server_version().has_value());
}

TEST_CASE("a plugin is asked once, and again when its token is not taken") {
  test::Folder folder;
  ApiServer server("first");
  folder.put("ca.crt", authority().certificate_pem().value());
  folder.put("token", "first");
  const std::string config = folder.put("config", server.kubeconfig(plugin(folder)));
  const auto access = Access::find({.kubeconfig = config});
  REQUIRE(access.has_value());
  CHECK(version(*access) == "v1.31.4");
  CHECK(version(*access) == "v1.31.4");
  CHECK(runs(folder) == 1);
  server.take("second");
  folder.put("token", "second");
  CHECK(version(*access) == "v1.31.4");
  CHECK(runs(folder) == 2);
}

TEST_CASE("what a plugin answered is shown until it expires") {
  test::Folder folder;
  ApiServer server("first");
  folder.put("ca.crt", authority().certificate_pem().value());
  folder.put("token", "first");
  const auto expired =
      folder.put("config", server.kubeconfig(plugin(folder, "2020-01-01T00:00:00Z")));
  const auto access = Access::find({.kubeconfig = expired});
  CHECK(version(*access) == "v1.31.4");
  CHECK(version(*access) == "v1.31.4");
  CHECK(runs(folder) == 2);
}

TEST_CASE("a plugin that does not do is named, and nothing that it wrote is") {
  test::Folder folder;
  struct Row {
    std::string_view script;
    std::string_view said;
  };
  const Row rows[] = {
      {"echo canary-77; echo canary-77 >&2; exit 4",
       "ended with status 4; run it by hand to see why"},
      {"echo canary-77", "did not print JSON: "},
      {"echo '{\"kind\":\"canary-77\"}'", "printed no ExecCredential"},
      {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"canary-77\"}'",
       "printed another apiVersion than client.authentication.k8s.io/v1"},
      {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\"}'",
       "printed neither a token nor a certificate"},
      {"yes canary-77", " wrote more than 1 MiB"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.script);
    const std::string program =
        folder.put("plugin", "#!/bin/sh\n" + std::string(row.script) + "\n");
    ::chmod(program.c_str(), 0755);
    CredentialSource source(
        {.origin = "user u",
         .plugin = Plugin{.api_version = "client.authentication.k8s.io/v1", .words = {program}}});
    const auto read = source.current(std::chrono::system_clock::now());
    REQUIRE_FALSE(read.has_value());
    CAPTURE(read.error().message);
    CHECK(read.error().message.starts_with("user u: "));
    CHECK(read.error().message.find(program) != std::string::npos);
    CHECK(read.error().message.find(row.said) != std::string::npos);
    CHECK(read.error().message.find("canary") == std::string::npos);
  }
}

TEST_CASE("a file that says the same when it is read again changes nothing") {
  test::Folder folder;
  User user{.origin = "user u"};
  user.token.path = folder.put("token", "a");
  CredentialSource source(std::move(user));
  const auto now = std::chrono::system_clock::now();
  const auto first = source.current(now).value();
  CHECK(source.current(now + 61s).value() == first);
  folder.put("token", "b");
  CHECK_MESSAGE(source.current(now + 62s).value() == first, "it is read once a minute");
  const auto second = source.current(now + 122s).value();
  CHECK(second != first);
  CHECK(second->token.same_as(SecretValue("b")));
  folder.put("token", "c");
  CHECK_MESSAGE(source.current(now).value() != second, "a clock that went back proves nothing");
}

}  // namespace pxguard::cluster
