#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "certs/authority.h"
#include "cluster/access.h"
#include "cluster/kubeconfig.h"
#include "support/folder.h"

namespace pxguard::cluster {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kCanary = "canary-91c7";

std::string ca() {
  static const std::string pem = [] {
    const auto now = std::chrono::system_clock::now();
    return certs::Authority::create("tests", {now - 1h, now + 1h})->certificate_pem().value();
  }();
  return pem;
}

// A kubeconfig with one context, one cluster and one user; `cluster` and `user` as flow mappings.
std::string config(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
         "contexts: [{name: here, context: {cluster: c, user: u, namespace: px}}]\n"
         "clusters: [{name: c, cluster: " +
         cluster +
         "}]\n"
         "users: [{name: u, user: " +
         user + "}]\n";
}
std::string good_cluster() {
  return "{server: 'https://10.0.0.1:6443', certificate-authority-data: " + base64_encode(ca()) +
         "}";
}

std::string error_of(const std::string& text, const std::string& context = "") {
  const auto setup = read_kubeconfig({{"/k/config", text}}, context);
  if (setup) return "";
  CHECK(setup.error().message.find(kCanary) == std::string::npos);
  return setup.error().message;
}

}  // namespace

TEST_CASE("a context names the server, the namespace and the user") {
  const auto setup = read_kubeconfig({{"/k/config", config(good_cluster(), "{token: abc}")}}, "");
  REQUIRE(setup.has_value());
  CHECK(setup->server == "https://10.0.0.1:6443");
  CHECK(setup->endpoint.peer.host == "10.0.0.1");
  CHECK(setup->endpoint.peer.port == 6443);
  CHECK(setup->ns == "px");
  CHECK(setup->origin == "context here of /k/config");
  CHECK(setup->authorities == ca());
  CHECK(setup->user.token.text.same_as(SecretValue("abc")));
}

TEST_CASE("what is not supported is refused in a sentence that names file and field") {
  struct Row {
    std::string cluster;
    std::string user;
    std::string_view said;
  };
  const std::string server = "server: 'https://a:1'";
  const std::string canary(kCanary);
  const Row rows[] = {
      {good_cluster(), "{username: ada, password: " + canary + "}",
       "user u: username: passwords are not"},
      {good_cluster(), "{password: " + canary + "}", "user u: password: passwords are not"},
      {good_cluster(), "{auth-provider: {name: gcp}}",
       "user u: auth-provider: auth-providers are not"},
      {good_cluster(), "{token: " + canary + ", as: root}", "user u: as: impersonation is not"},
      {good_cluster(), "{client-certificate-data: '!'}",
       "user u: client-certificate-data: it is not base64"},
      {good_cluster(), "{client-key: k.pem}", "user u: client-certificate: it is missing"},
      {good_cluster(), "{client-certificate: c.pem}", "user u: client-key: it is missing"},
      {good_cluster(), "{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}",
       "user u: exec.apiVersion: only"},
      {good_cluster(), "{exec: {apiVersion: client.authentication.k8s.io/v1}}",
       "user u: exec.command: it is missing"},
      {good_cluster(),
       "{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}}",
       "user u: exec.interactiveMode: nobody"},
      {"{" + server + ", insecure-skip-tls-verify: true}", "{}",
       "cluster c: insecure-skip-tls-verify: a server whose"},
      {"{" + server + ", proxy-url: 'http://p'}", "{}", "cluster c: proxy-url: proxies are not"},
      {"{}", "{}", "cluster c: server: it is missing"},
      {"{server: 'http://a'}", "{}", "cluster c: server: plain http is not supported"},
      {"{server: 'a:6443'}", "{}", "cluster c: server: it does not begin with https://"},
      {"{server: 'https://a:0'}", "{}", "cluster c: server: its port is not"},
      {"{server: 'https://a:99999'}", "{}", "cluster c: server: its port is not"},
      {"{server: 'https://'}", "{}", "cluster c: server: it has no host"},
      {"{server: 'https://u:p@a'}", "{}", "cluster c: server: it has characters"},
      {"{server: 'https://[::1'}", "{}", "cluster c: server: a bracket is not closed"},
      {"{" + server + ", certificate-authority-data: '!'}", "{}",
       "cluster c: certificate-authority-data: it is not base64"},
      {"{" + server + ", certificate-authority-data: aGVsbG8=}", "{}",
       "cluster c: certificate-authority: there is no certificate"},
      {"{" + server + ", certificate-authority: nowhere.pem}", "{}",
       "cluster c: certificate-authority: /k/nowhere.pem: no such file"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.cluster);
    CAPTURE(row.user);
    const std::string message = error_of(config(row.cluster, row.user));
    CAPTURE(message);
    CHECK(message.starts_with("/k/config: " + std::string(row.said)));
  }
}

TEST_CASE("what a file lacks is said") {
  CHECK(error_of("a: [").starts_with("/k/config:"));
  CHECK(error_of("[]") == "/k/config: it is no object");
  CHECK(error_of("a: 1\n---\nb: 2\n") == "/k/config: it has more than one document");
  CHECK(error_of("") == "/k/config: there is no current-context; say which with --context");
  const std::string good = config(good_cluster(), "{}");
  CHECK(error_of(good, "there") == "/k/config: there is no context named \"there\"");
  CHECK(error_of("contexts: [{name: x, context: {cluster: c}}]", "x") ==
        "/k/config: there is no cluster named \"c\"");
  CHECK(error_of("contexts: [{name: x}, {name: x}]", "x") ==
        "/k/config: contexts has two entries named x");
}

TEST_CASE(
    "of several files the first to name a thing counts, and paths lead from where they stand") {
  test::Folder folder;
  folder.put("two/ca.pem", ca());
  const auto setup = read_kubeconfig(
      {{folder.path("one/config"),
        "users: [{name: u, user: {tokenFile: tokens/u}}]\ncurrent-context: x\n"},
       {folder.path("two/config"),
        "current-context: y\nusers: [{name: u, user: {token: other}}]\n"
        "contexts: [{name: x, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://[::1]/k8s/c1/', certificate-authority: "
        "ca.pem, tls-server-name: kubernetes}}]\n"}},
      "");
  REQUIRE(setup.has_value());
  CHECK(setup->user.token.path == folder.path("one/tokens/u"));
  CHECK(setup->user.token.text.empty());
  CHECK(setup->authorities == ca());
  CHECK(setup->endpoint.peer.host == "::1");
  CHECK(setup->endpoint.peer.port == 443);
  CHECK(setup->endpoint.peer.server_name == "kubernetes");
  CHECK(setup->endpoint.base_path == "/k8s/c1");
  CHECK(setup->ns == "default");
}

TEST_CASE("a plugin's program and folder, arguments and variables are read, not run") {
  const auto setup = read_kubeconfig(
      {{"/k/config",
        config(
            good_cluster(),
            "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/get, args: [a, "
            "'b c'], env: [{name: X, value: '1'}], provideClusterInfo: true}}")}},
      "");
  REQUIRE(setup.has_value());
  REQUIRE(setup->user.plugin.has_value());
  CHECK(setup->user.plugin->words == std::vector<std::string>{"/k/bin/get", "a", "b c"});
  CHECK(setup->user.plugin->environment == std::vector<std::string>{"X=1"});
  CHECK(setup->user.plugin->cluster.starts_with(R"({"server":"https://10.0.0.1:6443")"));
}

TEST_CASE("where to look: what is given, KUBECONFIG, the home folder, the service account") {
  test::Folder folder;
  const auto named = [](const std::string& server) {
    return config("{server: 'https://" + server + "'}", "{}");
  };
  const std::string given = folder.put("given", named("given"));
  Surroundings around{
      .kubeconfig = folder.path("missing") + ":" + folder.put("variable", named("variable")),
      .home = folder.path("home"),
      .service_host = "10.0.0.1",
      .service_port = "443",
      .service_account = folder.path("account")};
  folder.put("home/.kube/config", named("home"));
  folder.put("account/ca.crt", ca());
  folder.put("account/token", "t\n");
  folder.put("account/namespace", "px\n");
  const auto server = [&around](const std::string& kubeconfig = "") {
    const auto access = Access::find({.kubeconfig = kubeconfig}, around);
    return access ? access->server() : access.error().message;
  };
  CHECK(server(given) == "https://given");
  CHECK(server(folder.path("no")) == folder.path("no") + ": no such file or folder");
  CHECK(server() == "https://variable");
  around.kubeconfig = folder.path("missing");
  CHECK(server() == "KUBECONFIG: none of its files is there");
  around.kubeconfig.clear();
  CHECK(server() == "https://home");
  around.home = folder.path("nobody");
  CHECK(server() == "https://10.0.0.1:443");
  CHECK(Access::find({}, around)->ns() == "px");
  CHECK(Access::find({.context = "x"}, around).error().message.starts_with("--context: "));
  around.service_host = "fd00::1";
  CHECK(server() == "https://[fd00::1]:443");
  folder.put("account/ca.crt", "");
  CHECK(server() == folder.path("account/ca.crt") + ": it is empty");
  around.service_host.clear();
  CHECK(server().starts_with("there is neither a kubeconfig nor a service account"));
}

}  // namespace pxguard::cluster
