#include "cluster/kubeconfig.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/file_system.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/wiped.h"
#include "base/yaml.h"
#include "cluster/kubeconfig_user.h"

namespace pxguard::cluster {
namespace {

// A file as a document; the text may hold keys and is wiped by whoever has it.
struct Parsed {
  std::string path;
  json::Document document;
};

Result<Parsed> parse(const KubeconfigFile& file) {
  std::vector<yaml::Document> documents = yaml::read(file.text);
  const auto failed = [&file](const std::string& why, int line = 0) {
    Error error = invalid_input(line > 0 ? fmt::format("{}:{}: {}", file.path, line, why)
                                         : fmt::format("{}: {}", file.path, why));
    error.line = line;
    return error;
  };
  if (documents.size() > 1) return failed("it has more than one document");
  // An empty file is a kubeconfig without anything in it.
  std::string json = documents.empty() ? "{}" : std::move(documents[0].json);
  if (!documents.empty() && documents[0].error)
    return failed(documents[0].error->message, documents[0].error->line);
  auto document = json::Document::parse(json);
  wipe(json);
  if (!document) return failed(document.error().message);
  if (!document->root().is_object()) return failed("it is no object");
  return Parsed{file.path, std::move(*document)};
}

// An entry of one of the lists, and the file that it stands in.
Result<KubeconfigEntry> find_entry(const std::vector<Parsed>& files, std::string_view list,
                                   std::string_view singular, std::string_view name) {
  for (const Parsed& file : files) {
    std::optional<KubeconfigEntry> found;
    for (const json::Value each : file.document.root()[list].elements()) {
      if (each["name"].text() != name) continue;
      if (found) {
        return invalid_input(
            fmt::format("{}: {} has two entries named {}", file.path, list, printable(name, 100)));
      }
      found = KubeconfigEntry{file.path, fmt::format("{} {}", singular, printable(name, 100)),
                              each[singular]};
    }
    if (found) return *found;
  }
  return Error{Error::Code::NotFound,
               fmt::format("{}: there is no {} named \"{}\"", files.front().path, singular,
                           printable(name, 100))};
}

Result<std::string> context_name(const std::vector<Parsed>& files, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  for (const Parsed& file : files) {
    const std::string_view current = file.document.root()["current-context"].text();
    if (!current.empty()) return std::string(current);
  }
  return Error{Error::Code::NotFound,
               files.front().path + ": there is no current-context; say which with --context"};
}

Result<std::string> authorities_of(const KubeconfigEntry& cluster) {
  if (const json::Value data = cluster.value["certificate-authority-data"]; !data.text().empty()) {
    const auto decoded = base64_decode(data.text());
    if (!decoded) return cluster.wrong("certificate-authority-data", "it is not base64");
    return *decoded;
  }
  const std::string_view path = cluster.value["certificate-authority"].text();
  if (path.empty()) return std::string();
  auto text = read_file(cluster.resolved(path), limits::kKeyFile);
  if (!text) {
    return cluster.wrong("certificate-authority",
                         printable(cluster.resolved(path), 200) + ": " + text.error().message);
  }
  // An empty file must not mean the CAs of this machine.
  if (trim(*text).empty()) return cluster.wrong("certificate-authority", "it is empty");
  return text;
}

// Everything of a cluster's entry but what its user is.
Result<Setup> server_of(const KubeconfigEntry& cluster) {
  if (cluster.value["insecure-skip-tls-verify"].boolean_or(false)) {
    return cluster.wrong("insecure-skip-tls-verify",
                         "a server whose certificate is not checked may be anybody; give its CA as "
                         "certificate-authority-data");
  }
  if (!cluster.value["proxy-url"].text().empty())
    return cluster.wrong("proxy-url", "proxies are not supported");
  Setup setup;
  setup.server = cluster.value["server"].text();
  if (setup.server.empty()) return cluster.wrong("server", "it is missing");
  auto endpoint = Endpoint::parse(setup.server);
  if (!endpoint) return cluster.wrong("server", endpoint.error().message);
  setup.endpoint = std::move(*endpoint);
  setup.endpoint.peer.server_name = cluster.value["tls-server-name"].text();
  auto authorities = authorities_of(cluster);
  if (!authorities) return authorities.error();
  const auto usable = certs::client_context(*authorities, nullptr);
  if (!usable) return cluster.wrong("certificate-authority", usable.error().message);
  setup.authorities = std::move(*authorities);
  return setup;
}

}  // namespace

Result<Setup> read_kubeconfig(const std::vector<KubeconfigFile>& files,
                              const std::string& context) {
  std::vector<Parsed> parsed;
  for (const KubeconfigFile& file : files) {
    auto each = parse(file);
    if (!each) return each.error();
    parsed.push_back(std::move(*each));
  }
  if (parsed.empty()) return Error{Error::Code::NotFound, "there is no kubeconfig"};
  const auto name = context_name(parsed, context);
  if (!name) return name.error();
  const auto pairing = find_entry(parsed, "contexts", "context", *name);
  if (!pairing) return pairing.error();
  const auto cluster = find_entry(parsed, "clusters", "cluster", pairing->value["cluster"].text());
  if (!cluster) return cluster.error();
  auto setup = server_of(*cluster);
  if (!setup) return setup;
  const auto entry = find_entry(parsed, "users", "user", pairing->value["user"].text());
  if (!entry) return entry.error();
  auto user = read_user(*entry, *cluster, setup->authorities);
  if (!user) return user.error();
  setup->user = std::move(*user);
  if (const std::string_view ns = pairing->value["namespace"].text(); !ns.empty()) setup->ns = ns;
  setup->origin = fmt::format("context {} of {}", printable(*name, 100), pairing->path);
  return setup;
}

}  // namespace pxguard::cluster
