// Which objects are in the files, and which belong together.
#include <doctest/doctest.h>

#include <string>

#include "cli/manifest/manifest_set.h"

namespace pxguard::manifest {
namespace {

std::string daemon_set(std::string_view ns, std::string_view extra = "") {
  return "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: portworx, namespace: " +
         std::string(ns) +
         "}\nspec:\n  template:\n    spec:\n      containers:\n      - name: portworx\n"
         "        image: portworx/oci-monitor:2.13.0\n        args: [-c, cluster]\n" +
         std::string(extra) + "---\n";
}

std::string stork(std::string_view ns, std::string_view env = "") {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: stork, namespace: " +
         std::string(ns) +
         "}\nspec:\n  template:\n    spec:\n      containers:\n      - name: stork\n"
         "        image: openstorage/stork:23.2.0\n        command: [/stork, --driver=pxd]\n" +
         std::string(env) + "---\n";
}

std::string secret(std::string_view ns, std::string_view name, std::string_view key = "k") {
  return "apiVersion: v1\nkind: Secret\nmetadata: {name: " + std::string(name) +
         (ns.empty() ? "" : ", namespace: " + std::string(ns)) + "}\nstringData: {" +
         std::string(key) + ": canary}\n---\n";
}

const model::Object& object(const ManifestSet& set, std::string_view file, std::string_view kind) {
  for (const model::Object& candidate : set.objects()) {
    if (candidate.file() == file && candidate.kind() == kind) return candidate;
  }
  FAIL("no such object");
  return set.objects().front();
}

std::string portworx_of(const ManifestSet& set, std::string_view file, std::string_view kind) {
  const auto found = set.portworx(object(set, file, kind));
  if (found.is_absent()) return "absent";
  if (found.is_unknown())
    return found.needs().find("ambiguous") != std::string::npos ? "ambiguous" : "unknown";
  return found.get()->object().file() + ' ' + found.get()->object().id().display();
}

}  // namespace

TEST_CASE("items of a List are objects with their place in the file") {
  const ManifestSet set(
      {{"a.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n"
        "  metadata: {name: one}\n- apiVersion: v1\n  kind: ConfigMapList\n  items:\n"
        "  - {apiVersion: v1, kind: ConfigMap, metadata: {name: two}}\n"}},
      {});
  REQUIRE(set.objects().size() == 2);
  CHECK(set.objects()[0].id().display() == "Secret one");
  CHECK(set.objects()[0].mark("/metadata/name").line == 6);
  CHECK(set.objects()[1].mark("").line == 10);
}

TEST_CASE("a document that cannot be read does not stop the others") {
  const ManifestSet set({{"a.yaml", secret("", "one") + "a: [1\n---\n" + secret("", "two")},
                         {"b.yaml", secret("", "three")}},
                        {});
  CHECK(set.objects().size() == 3);
  REQUIRE(set.problems().size() == 1);
  CHECK(set.problems()[0].file == "a.yaml");
  CHECK(set.problems()[0].line >= 5);
  CHECK(set.files() == 2);
}

TEST_CASE("documents without apiVersion and kind are skipped and counted") {
  const ManifestSet set({{"values.yaml", "a: 1\n---\nb: 2\n---\n- c\n"}, {"c.yaml", "just text\n"}},
                        {});
  CHECK(set.objects().empty());
  REQUIRE(set.skipped().size() == 2);
  CHECK(set.skipped()[0].reason ==
        "3 documents without apiVersion and kind: no object of Kubernetes");
}

TEST_CASE("patches, kustomizations and templates are skipped with the command that renders them") {
  const std::string patches =
      "patches: [{path: stork.yaml}]\npatchesStrategicMerge: [../base/x.yaml, \"kind: A\\nb: c\"]\n"
      "patchesJson6902: [{path: ./y.json}]\n";
  const ManifestSet set({{"over/kustomization.yaml", patches},
                         {"over/stork.yaml", stork("kube-system")},
                         {"base/x.yaml", secret("", "x")},
                         {"over/y.json", "[]"},
                         {"over/z.yaml", secret("", "z")},
                         {"chart/Chart.yaml", "apiVersion: v2\nname: a\n"},
                         {"chart/templates/sub/t.yaml", "{{ if }}\n"},
                         {"other/templates/t.yaml", secret("", "t")}},
                        {});
  CHECK(set.problems().empty());
  CHECK(set.objects().size() == 2);  // z and the t that belongs to no chart
  REQUIRE(set.skipped().size() == 6);
  CHECK(
      set.skipped()[1].reason ==
      "a patch of a kustomization; to check what it makes: kustomize build over | pxguard check -");
  CHECK(set.skipped()[5].reason ==
        "a template of a chart; to check what it makes: helm template chart | pxguard check -");
}

TEST_CASE("the default namespace is that of namespaced objects alone") {
  const ManifestSet set(
      {{"a.yaml", secret("", "one") + secret("b", "two") +
                      "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: sc}\n"}},
      {.default_namespace = "px"});
  CHECK(set.objects()[0].id().ns == "px");
  CHECK(set.objects()[1].id().ns == "b");
  CHECK(set.objects()[2].id().ns.empty());
}

TEST_CASE("a Secret in the same file wins, then the same folder, then the nearest folder above") {
  const ManifestSet set({{"a/px.yaml", daemon_set("ns") + secret("ns", "s", "file")},
                         {"a/s.yaml", secret("ns", "s", "folder")},
                         {"a/b/px.yaml", daemon_set("ns")},
                         {"c/px.yaml", daemon_set("ns")},
                         {"c/deep/s.yaml", secret("ns", "s", "below")}},
                        {});
  const auto found = set.secret(object(set, "a/px.yaml", "DaemonSet"), "ns", "s");
  REQUIRE(found.get() != nullptr);
  CHECK(found.get()->key("file") != nullptr);
  const auto ambiguous = set.secret(object(set, "a/b/px.yaml", "DaemonSet"), "ns", "s");
  CHECK(ambiguous.needs().find("ambiguous") != std::string::npos);
  const auto below = set.secret(object(set, "c/px.yaml", "DaemonSet"), "ns", "s");
  REQUIRE(below.get() != nullptr);
  CHECK(below.get()->key("below") != nullptr);
}

TEST_CASE("of two Secrets with one name in a file the last one counts") {
  const ManifestSet set(
      {{"a.yaml", secret("ns", "s", "first") + secret("ns", "s", "last") + daemon_set("ns")}}, {});
  const auto found = set.secret(set.objects()[2], "ns", "s");
  REQUIRE(found.get() != nullptr);
  CHECK(found.get()->key("last") != nullptr);
}

TEST_CASE("what is not in the files is unknown, and absent where they are complete") {
  const std::vector<Text> texts = {{"a.yaml", secret("x", "other")}};
  const ManifestSet open(texts, {});
  const ManifestSet closed(texts, {.absence = Absence::Known});
  CHECK(open.secret(open.objects()[0], "x", "s").needs() == "Secret x/s");
  CHECK(open.portworx(open.objects()[0]).is_unknown());
  CHECK_FALSE(open.storks(open.objects()[0]).complete);
  CHECK(closed.secret(closed.objects()[0], "x", "s").is_absent());
  CHECK(closed.config_map(closed.objects()[0], "x", "s").is_absent());
  CHECK(closed.portworx(closed.objects()[0]).is_absent());
  CHECK(closed.storks(closed.objects()[0]).complete);
}

TEST_CASE("a missing namespace equals a missing one and is unknown against a named one") {
  const ManifestSet set({{"a.yaml", secret("", "s")}, {"b.yaml", secret("ns", "t")}},
                        {.absence = Absence::Known});
  const model::Object& from = set.objects()[0];
  CHECK(set.secret(from, "", "s").get() != nullptr);
  CHECK(set.secret(from, "ns", "s").is_unknown());
  CHECK(set.secret(from, "", "t").is_unknown());
  CHECK(set.secret(from, "other", "t").is_absent());
}

TEST_CASE("Stork pairs with the Portworx of its own file and folder") {
  const ManifestSet set({{"a/px.yaml", daemon_set("kube-system")},
                         {"a/stork.yaml", stork("kube-system")},
                         {"b/px.yaml", daemon_set("kube-system") + stork("kube-system")},
                         {"stork.yaml", stork("kube-system")}},
                        {});
  CHECK(portworx_of(set, "a/stork.yaml", "Deployment") ==
        "a/px.yaml DaemonSet kube-system/portworx");
  CHECK(portworx_of(set, "b/px.yaml", "Deployment") == "b/px.yaml DaemonSet kube-system/portworx");
  CHECK(portworx_of(set, "stork.yaml", "Deployment") == "ambiguous");
  CHECK(set.storks(object(set, "a/px.yaml", "DaemonSet")).configs.size() == 1);
  CHECK(set.storks(object(set, "b/px.yaml", "DaemonSet")).configs.size() == 1);
}

TEST_CASE("of several Portworx the one in the follower's namespace is meant") {
  const ManifestSet set({{"a.yaml", daemon_set("one") + daemon_set("two") + stork("two")},
                         {"b.yaml", stork("three")}},
                        {});
  REQUIRE(set.portworx(set.objects()[2]).get() != nullptr);
  CHECK(set.portworx(set.objects()[2]).get()->object().id().ns == "two");
  CHECK(portworx_of(set, "b.yaml", "Deployment") == "ambiguous");
}

TEST_CASE("a Stork in another namespace counts by PX_NAMESPACE, by file, or as the only one") {
  const std::string names_it = "        env: [{name: PX_NAMESPACE, value: px}]\n";
  const ManifestSet named({{"a/px.yaml", daemon_set("px")},
                           {"b/stork.yaml", stork("tools", names_it)},
                           {"c/stork.yaml", stork("tools")}},
                          {});
  CHECK(portworx_of(named, "b/stork.yaml", "Deployment") == "a/px.yaml DaemonSet px/portworx");
  CHECK(portworx_of(named, "c/stork.yaml", "Deployment") == "unknown");
  const ManifestSet by_file(
      {{"a.yaml", daemon_set("px") + stork("tools")}, {"b/c.yaml", stork("kube-system")}}, {});
  CHECK(portworx_of(by_file, "a.yaml", "Deployment") == "a.yaml DaemonSet px/portworx");
  const ManifestSet only({{"a/px.yaml", daemon_set("px")}, {"b/stork.yaml", stork("tools")}}, {});
  CHECK(portworx_of(only, "b/stork.yaml", "Deployment") == "a/px.yaml DaemonSet px/portworx");
}

TEST_CASE("a Pod of Portworx counts only where no DaemonSet is") {
  const std::string pod =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: portworx-x, namespace: kube-system}\nspec:\n  "
      "containers:\n"
      "  - {name: portworx, image: portworx/oci-monitor:2.13.0, args: [-c, x]}\n---\n";
  const ManifestSet alone({{"a.yaml", pod + stork("kube-system")}}, {});
  CHECK(portworx_of(alone, "a.yaml", "Deployment") == "a.yaml Pod kube-system/portworx-x");
  const ManifestSet both({{"a.yaml", pod + daemon_set("kube-system") + stork("kube-system")}}, {});
  CHECK(portworx_of(both, "a.yaml", "Deployment") == "a.yaml DaemonSet kube-system/portworx");
}

TEST_CASE("envFrom is resolved through the files") {
  const std::string from = "        envFrom: [{secretRef: {name: keys}}]\n";
  const ManifestSet set(
      {{"a.yaml", daemon_set("ns", from) + secret("ns", "keys", "PORTWORX_AUTH_SYSTEM_KEY")}}, {});
  const auto found = set.portworx(set.objects()[0]);
  REQUIRE(found.get() != nullptr);
  CHECK(found.get()->effective(model::AuthKey::SystemKey).is_provided());
}

TEST_CASE("a line of a file is found by its number") {
  const ManifestSet set({{"a.yaml", "one\r\ntwo\nthree"}}, {});
  CHECK(set.line("a.yaml", 1) == "one");
  CHECK(set.line("a.yaml", 3) == "three");
  CHECK(set.line("a.yaml", 4).empty());
  CHECK(set.line("b.yaml", 1).empty());
}

}  // namespace pxguard::manifest
