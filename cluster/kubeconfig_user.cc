#include "cluster/kubeconfig_user.h"

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/wiped.h"

namespace pxguard::cluster {
namespace {

struct Unsupported {
  std::string_view field;
  std::string_view why;
};

constexpr std::array<Unsupported, 8> kUnsupported = {{
    {"username", "passwords are not supported: API servers have taken none since 1.19"},
    {"password", "passwords are not supported: API servers have taken none since 1.19"},
    {"auth-provider",
     "auth-providers are not supported: use an exec plugin, as kubectl since 1.26"},
    {"as", "impersonation is not supported: use a context of a user who may do it"},
    {"as-uid", "impersonation is not supported: use a context of a user who may do it"},
    {"as-groups", "impersonation is not supported: use a context of a user who may do it"},
    {"as-user-extra", "impersonation is not supported: use a context of a user who may do it"},
    {"impersonate", "impersonation is not supported: use a context of a user who may do it"},
}};

// Where both are given the data counts, as for kubectl.
Result<FileOrText> file_or_data(const KubeconfigEntry& user, const std::string& field) {
  FileOrText source;
  const std::string data_field = field + "-data";
  const std::string_view data = user.value[data_field].text();
  const std::string_view path = user.value[field].text();
  if (!data.empty()) {
    auto decoded = base64_decode(data);
    if (!decoded) return user.wrong(data_field, "it is not base64");
    source.text = SecretValue(*decoded);
    wipe(*decoded);
  } else if (!path.empty()) {
    source.path = user.resolved(path);
  }
  return source;
}

// What `provideClusterInfo: true` asks for.
std::string cluster_info(const KubeconfigEntry& cluster, std::string_view authorities) {
  std::string info = R"({"server":)" + json::quote(cluster.value["server"].text());
  if (const std::string_view name = cluster.value["tls-server-name"].text(); !name.empty())
    info += R"(,"tls-server-name":)" + json::quote(name);
  if (!authorities.empty())
    info += R"(,"certificate-authority-data":)" + json::quote(base64_encode(authorities));
  return info + '}';
}

Result<Plugin> read_plugin(const KubeconfigEntry& user, const KubeconfigEntry& cluster,
                           std::string_view authorities) {
  const json::Value exec = user.value["exec"];
  Plugin plugin{.api_version = std::string(exec["apiVersion"].text())};
  constexpr std::string_view kGroup = "client.authentication.k8s.io/";
  if (plugin.api_version != std::string(kGroup) + "v1" &&
      plugin.api_version != std::string(kGroup) + "v1beta1") {
    return user.wrong("exec.apiVersion",
                      "only client.authentication.k8s.io/v1 and v1beta1 are supported");
  }
  if (exec["interactiveMode"].text() == "Always")
    return user.wrong("exec.interactiveMode", "nobody sits at pxguard to answer a plugin");
  const std::string_view command = exec["command"].text();
  if (command.empty()) return user.wrong("exec.command", "it is missing");
  const bool is_path = command.find('/') != std::string_view::npos;
  plugin.words.push_back(is_path ? user.resolved(command) : std::string(command));
  for (const json::Value argument : exec["args"].elements())
    plugin.words.emplace_back(argument.text());
  for (const json::Value variable : exec["env"].elements()) {
    const std::string_view name = variable["name"].text();
    if (name.empty()) return user.wrong("exec.env", "a variable has no name");
    plugin.environment.push_back(fmt::format("{}={}", name, variable["value"].text()));
  }
  if (exec["provideClusterInfo"].boolean_or(false))
    plugin.cluster = cluster_info(cluster, authorities);
  return plugin;
}

}  // namespace

Error KubeconfigEntry::wrong(std::string_view field, std::string_view why) const {
  return {Error::Code::Invalid, fmt::format("{}: {}: {}: {}", path, name, field, why)};
}

std::string KubeconfigEntry::resolved(std::string_view written) const {
  if (written.empty() || written[0] == '/') return std::string(written);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return std::string(written);
  return path.substr(0, slash + 1) + std::string(written);
}

Result<User> read_user(const KubeconfigEntry& entry, const KubeconfigEntry& cluster,
                       std::string_view authorities) {
  for (const Unsupported& each : kUnsupported) {
    if (const json::Value value = entry.value[each.field];
        value && !(value.is_string() && value.text().empty()))
      return entry.wrong(each.field, each.why);
  }
  User user{.origin = fmt::format("{}: {}", entry.path, entry.name)};
  if (const std::string_view file = entry.value["tokenFile"].text(); !file.empty()) {
    user.token.path = entry.resolved(file);
  } else {
    user.token.text = SecretValue(entry.value["token"].text());
  }
  auto certificate = file_or_data(entry, "client-certificate");
  if (!certificate) return certificate.error();
  auto key = file_or_data(entry, "client-key");
  if (!key) return key.error();
  if (certificate->is_set() && !key->is_set()) return entry.wrong("client-key", "it is missing");
  if (key->is_set() && !certificate->is_set())
    return entry.wrong("client-certificate", "it is missing");
  user.certificate = std::move(*certificate);
  user.key = std::move(*key);
  if (entry.value["exec"]) {
    auto plugin = read_plugin(entry, cluster, authorities);
    if (!plugin) return plugin.error();
    user.plugin = std::move(*plugin);
  }
  return user;
}

}  // namespace pxguard::cluster
