#include "cluster/credential_plugin.h"

#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "base/process.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "base/wiped.h"

namespace pxguard::cluster {
namespace {

Error invalid(const Plugin& plugin, std::string_view what) {
  return {Error::Code::Invalid,
          fmt::format("the credential plugin {} {}", printable(plugin.words.front(), 120), what)};
}

// KUBERNETES_EXEC_INFO: what a plugin is told.
std::string exec_info(const Plugin& plugin) {
  std::string spec = R"("interactive":false)";
  if (!plugin.cluster.empty()) spec += R"(,"cluster":)" + plugin.cluster;
  return fmt::format(R"({{"apiVersion":{},"kind":"ExecCredential","spec":{{{}}}}})",
                     json::quote(plugin.api_version), spec);
}

Result<PluginAnswer> read_answer(const Plugin& plugin, std::string_view out) {
  const auto document = json::Document::parse(out);
  if (!document) return invalid(plugin, "did not print JSON: " + document.error().message);
  const json::Value root = document->root();
  if (root["kind"].text() != "ExecCredential") return invalid(plugin, "printed no ExecCredential");
  if (root["apiVersion"].text() != plugin.api_version)
    return invalid(plugin, "printed another apiVersion than " + plugin.api_version);
  const json::Value status = root["status"];
  PluginAnswer answer;
  answer.material = {.token = SecretValue(status["token"].text()),
                     .certificate = SecretValue(status["clientCertificateData"].text()),
                     .key = SecretValue(status["clientKeyData"].text())};
  if (answer.material.certificate.empty() != answer.material.key.empty())
    return invalid(plugin, "printed a certificate without its key, or a key alone");
  if (answer.material.token.empty() && answer.material.key.empty())
    return invalid(plugin, "printed neither a token nor a certificate");
  if (const json::Value expiration = status["expirationTimestamp"]) {
    answer.expires = parse_time(expiration.text());
    if (!answer.expires) return invalid(plugin, "printed an expirationTimestamp that is no time");
  }
  return answer;
}

}  // namespace

Result<PluginAnswer> run_plugin(const Plugin& plugin) {
  RunOptions options{.environment = plugin.environment, .patience = limits::kPluginTime};
  options.environment.push_back("KUBERNETES_EXEC_INFO=" + exec_info(plugin));
  auto ran = run(plugin.words, {}, limits::kPluginAnswer, options);
  if (!ran) return Error{ran.error().code, "credential plugin: " + ran.error().message};
  if (ran->status != 0) {
    wipe(ran->out);
    return invalid(plugin,
                   fmt::format("ended with status {}; run it by hand to see why", ran->status));
  }
  auto answer = read_answer(plugin, ran->out);
  wipe(ran->out);
  return answer;
}

}  // namespace pxguard::cluster
