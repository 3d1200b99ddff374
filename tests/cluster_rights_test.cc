// The rights that deploy/install.yaml gives are those that pxguard uses: one kind more in the
// reading list, and its audit would be partial everywhere; one kind less, and it would have a right
// for nothing.
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/file_system.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "cluster/client.h"
#include "cluster/reading_list.h"
#include "cluster/transport.h"
#include "rules/policy/policy.h"
#include "rules/policy/policy_file.h"

namespace pxguard::cluster {
namespace {

// A server on which nothing is installed.
class BareServer final : public Transport {
 public:
  Answer<Response> send(const Request&) override { return Response{.status = 404, .body = "{}"}; }
  Answer<Response> stream(const Request&, const OnBytes&) override { return Response{}; }
  void interrupt() override {}
};

std::vector<Wanted> what_is_read() {
  Client client(std::make_unique<BareServer>());
  auto list = reading_list(client);
  REQUIRE(list);
  return std::move(list).value();
}

std::vector<json::Document> manifests() {
  const auto text =
      read_file(std::string(PXGUARD_SOURCE_DIR) + "/deploy/install.yaml", limits::kYamlFile);
  REQUIRE(text);
  std::vector<json::Document> documents;
  for (const yaml::Document& document : yaml::read(*text)) {
    REQUIRE_FALSE(document.error);
    documents.push_back(json::Document::parse(document.json).value());
  }
  return documents;
}

using Right = std::tuple<std::string, std::string, std::string>;  // group, resource, verb

// Of the roles of this kind in that namespace; those of one name alone, or those of all objects.
std::set<Right> granted(std::string_view kind, std::string_view ns, bool by_name) {
  std::set<Right> rights;
  for (const json::Document& document : manifests()) {
    const json::Value root = document.root();
    if (root["kind"].text() != kind || root.at("metadata.namespace").text() != ns) continue;
    for (const json::Value rule : root["rules"].elements()) {
      if (rule["resourceNames"].is_set() != by_name) continue;
      for (const json::Value group : rule["apiGroups"].elements())
        for (const json::Value resource : rule["resources"].elements())
          for (const json::Value verb : rule["verbs"].elements())
            rights.emplace(group.text(), resource.text(), verb.text());
    }
  }
  return rights;
}

// Without what pxguard writes.
std::set<Right> granted_to_read() {
  std::set<Right> rights = granted("ClusterRole", "", false);
  std::erase_if(rights, [](const Right& right) {
    const std::string& group = std::get<0>(right);
    return group == "wgpolicyk8s.io" || group == "openreports.io" || group == "events.k8s.io";
  });
  return rights;
}

std::string policy_of_the_installation() {
  for (const json::Document& document : manifests()) {
    const json::Value policy = document.root()["data"]["policy.yaml"];
    if (policy.is_set()) return std::string(policy.text());
  }
  return {};
}

}  // namespace

TEST_CASE("the ClusterRole of the installation lets pxguard read what it reads, and nothing else") {
  std::set<Right> wanted;
  for (const Wanted& kind : what_is_read()) {
    if (kind.reading == Reading::Beside) continue;
    wanted.emplace(kind.resource.group, kind.resource.plural, "list");
    if (kind.reading == Reading::Watched)
      wanted.emplace(kind.resource.group, kind.resource.plural, "watch");
  }
  CHECK(granted_to_read() == wanted);
  // Its own role, which owns its reports.
  CHECK(granted("ClusterRole", "", true) ==
        std::set<Right>{{"rbac.authorization.k8s.io", "clusterroles", "get"}});
}

TEST_CASE("what lies beside Portworx may be listed in its namespace alone") {
  std::set<Right> wanted;
  for (const Wanted& kind : what_is_read()) {
    if (kind.reading == Reading::Beside)
      wanted.emplace(kind.resource.group, kind.resource.plural, "list");
  }
  const policy::Policy policy = policy::parse_policy(policy_of_the_installation()).policy;
  CHECK(granted("Role", policy.settings.portworx_namespace, false) == wanted);
}

TEST_CASE("the Secrets of the installed policy may be read by name, and no others in any way") {
  const policy::ParsedPolicy parsed = policy::parse_policy(policy_of_the_installation());
  REQUIRE(parsed.errors.empty());
  std::multiset<std::string> names;
  for (const json::Document& document : manifests()) {
    for (const json::Value rule : document.root()["rules"].elements()) {
      for (const json::Value resource : rule["resources"].elements()) {
        if (resource.text() != "secrets" || rule["apiGroups"].is_absent()) continue;
        const std::string_view kind = document.root()["kind"].text();
        if (kind != "Role" && kind != "ClusterRole") continue;
        CHECK(kind == "Role");
        CHECK(document.root().at("metadata.namespace").text() ==
              parsed.policy.settings.portworx_namespace);
        for (const json::Value name : rule["resourceNames"].elements()) names.emplace(name.text());
      }
    }
  }
  CHECK(names ==
        std::multiset<std::string>(parsed.policy.secrets.begin(), parsed.policy.secrets.end()));
}

}  // namespace pxguard::cluster
