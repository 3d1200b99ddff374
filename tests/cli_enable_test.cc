// pxguard fix --enable, and keys in clear text: what has to be made outside of the files.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cli/check.h"
#include "cli/fix.h"
#include "tests/support/contains.h"
#include "tests/support/corpus.h"
#include "tests/support/folder.h"
#include "tests/support/outcome.h"

namespace pxguard::cli {
namespace {

using test::contains;

using test::Folder;
using test::read;

Outcome run(const FixOptions& options) { return outcome_of(fix, options); }

Outcome checked(const CheckOptions& options) { return outcome_of(check, options); }

// In this order.
bool are_in_order(const std::string& text, const std::vector<std::string>& parts) {
  std::size_t at = 0;
  for (const std::string& part : parts) {
    const std::size_t found = text.find(part, at);
    CAPTURE(part);
    CHECK(found != std::string::npos);
    if (found == std::string::npos) return false;
    at = found + part.size();
  }
  return true;
}

constexpr std::string_view kPortworx = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: portworx # the agent
        image: portworx/oci-monitor:3.1.0
        args: ["-c", "px-1", "-x", "kubernetes"]
        env:
        - name: AUTO_NODE_RECOVERY_TIMEOUT_IN_SECS
          value: "1500"
)";
constexpr std::string_view kStork = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: stork, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: stork
        image: openstorage/stork:24.3.0
        command: [/stork, --driver=pxd]
        env:
        - {name: PX_SERVICE_NAME, value: portworx-api}
)";
constexpr std::string_view kClass = R"(apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: px-repl2}
provisioner: pxd.portworx.com
allowVolumeExpansion: true
parameters:
  repl: "2"
)";

TEST_CASE("an unsecured DaemonSet, Stork and class become secured ones, and check finds no fault") {
  const Folder folder;
  const std::string px = folder.put("1-px.yaml", kPortworx);
  const std::string stork = folder.put("2-stork.yaml", kStork);
  const std::string storage_class = folder.put("3-class.yaml", kClass);
  const Outcome outcome = run({.check = {.paths = {folder.path()}}, .write = true, .enable = true});
  CAPTURE(outcome.err);
  CHECK(outcome.status == 0);
  const std::string text = read(px);
  CHECK(contains(text, "\"kubernetes\", \"-jwt_issuer\", \"openstorage.io\"]"));
  CHECK(contains(text, "- name: portworx # the agent\n"));
  CHECK(contains(text, "        - name: PORTWORX_AUTH_SYSTEM_KEY\n          valueFrom:\n"));
  CHECK(contains(read(stork), "{name: PX_JWT_ISSUER, value: apps.portworx.io}"));
  CHECK(
      contains(read(storage_class), "csi.storage.k8s.io/provisioner-secret-name: px-user-token\n"));
  const Outcome after = checked({.paths = {folder.path()}, .assume_security = true});
  CAPTURE(after.out);
  CHECK(after.status == 0);
  CHECK(contains(after.out, " rules: nothing wrong found"));
  CHECK(run({.check = {.paths = {folder.path()}}, .enable = true}).out.find("@@") ==
        std::string::npos);
}

TEST_CASE("the result passes a complete check once the Secrets of the steps are known") {
  const Folder folder;
  folder.put("px.yaml", std::string(kPortworx) + "---\n" + std::string(kStork) + "---\n" +
                            std::string(kClass));
  run({.check = {.paths = {folder.path()}}, .write = true, .enable = true});
  const std::string facts = folder.put(
      "facts/known.txt",
      "apiVersion: pxguard.io/v1alpha1\nkind: Facts\nsecrets:\n"
      "- {namespace: kube-system, name: pxkeys, keys: {system-secret: a, stork-secret: b, "
      "shared-secret: c}}\n"
      "- {namespace: kube-system, name: px-user-token, keys: {auth-token: d}}\n"
      "- {namespace: kube-system, name: px-admin-token, keys: {auth-token: e}}\n");
  const Outcome after = checked({.paths = {folder.path()}, .facts = facts, .complete = true});
  CAPTURE(after.out);
  CAPTURE(after.err);
  CHECK(after.status == 0);
}

TEST_CASE("the steps come in their order, and no value is in them") {
  const Folder folder;
  folder.put("1-px.yaml", kPortworx);
  folder.put("2-stork.yaml", kStork);
  folder.put("3-class.yaml", kClass);
  const Outcome outcome = run({.check = {.paths = {folder.path()}},
                               .write = true,
                               .enable = true,
                               .issuer = "me.example.com"});
  are_in_order(
      outcome.out,
      {"1. Make the keys.", "kubectl -n kube-system create secret generic pxkeys", "openssl rand",
       "2. ", "2-stork.yaml", "3. ", "1-px.yaml", "rollout status daemonset/portworx",
       "pxctl auth token generate", "--issuer=me.example.com",
       "create secret generic px-admin-token", "create secret generic px-user-token",
       "kubectl delete storageclass px-repl2", "3-class.yaml", "pxctl cluster token reset",
       "pxctl context create", "pxguard audit"});
}

// The Secrets that the steps and the operator make.
constexpr std::string_view kMade = R"(apiVersion: pxguard.io/v1alpha1
kind: Facts
secrets:
- {namespace: kube-system, name: pxkeys, keys: {system-secret: a, stork-secret: b, shared-secret: c}}
- {namespace: kube-system, name: px-system-secrets, keys: {system-secret: a, apps-secret: b}}
- {namespace: kube-system, name: px-shared-secret, keys: {shared-secret: c}}
- {namespace: kube-system, name: px-user-token, keys: {auth-token: d}}
- {namespace: kube-system, name: px-admin-token, keys: {auth-token: e}}
)";

TEST_CASE("three real installs without PX-Security pass a complete check once it is enabled") {
  if (!test::has_corpus("fix --enable on the corpus")) return;
  for (const std::string name : {"helm/ds-default-etcd", "ibm-helm/ibm-portworx-internal-kvdb",
                                 "aws-helm/aws-portworx-default"}) {
    CAPTURE(name);
    const Folder folder;
    const std::string file =
        folder.put("px.yaml", read(test::corpus() / ("real/helm-rendered/" + name + ".yaml")));
    CHECK(run({.check = {.paths = {file}}, .write = true, .enable = true}).status == 0);
    const Outcome after =
        checked({.paths = {file}, .facts = folder.put("facts/known.txt", kMade), .complete = true});
    CAPTURE(after.out);
    CHECK(after.status == 0);
    CHECK(contains(after.out, " rules: nothing wrong found"));
  }
}

TEST_CASE("a name that a shell would take apart is one word in every command") {
  const Folder folder;
  std::string text(kPortworx);
  text.replace(text.find("kube-system"), 11, R"("x; $(id) 'y'")");
  const Outcome outcome = run({.check = {.paths = {folder.put("px.yaml", text)}}, .enable = true});
  CHECK(contains(outcome.out, R"(kubectl -n 'x; $(id) '\''y'\''' create secret)"));
  CHECK_FALSE(contains(outcome.out, "-n x;"));
}

TEST_CASE("a StorageCluster is turned on, and the operator does the rest") {
  const Folder folder;
  const std::string file =
      folder.put("px.yaml",
                 "apiVersion: core.libopenstorage.org/v1\nkind: StorageCluster\n"
                 "metadata: {name: px, namespace: portworx}\nspec:\n  # which one\n"
                 "  image: portworx/oci-monitor:3.1.0\n");
  const Outcome outcome = run({.check = {.paths = {file}}, .write = true, .enable = true});
  CAPTURE(outcome.err);
  CHECK(contains(read(file),
                 "  # which one\n  image: portworx/oci-monitor:3.1.0\n  security:\n    enabled: "
                 "true\n"));
  CHECK_FALSE(contains(outcome.out, "openssl"));
  are_in_order(outcome.out, {"kubectl apply -f", "get secret px-user-token",
                             "pxctl cluster token reset", "pxctl context create admin"});
}

TEST_CASE("what is no installation of one cluster is refused") {
  const Folder folder;
  const std::string file = folder.put("c.yaml", kClass);
  const Outcome none = run({.check = {.paths = {file}}, .enable = true});
  CHECK(none.status == 2);
  CHECK(contains(none.err, "no DaemonSet of Portworx and no StorageCluster is in these files"));
  std::string other(kPortworx);
  other.replace(other.find("kube-system"), 11, "elsewhere");
  folder.put("a.yaml", kPortworx);
  folder.put("b.yaml", other);
  const Outcome two = run({.check = {.paths = {folder.path()}}, .enable = true});
  CHECK(two.status == 2);
  CHECK(contains(two.err, "several clusters"));
}

const std::string kLiteral = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: portworx
        image: portworx/oci-monitor:3.1.0
        args: ["-c", "px", "-jwt_issuer", "example.com"]
        env:
        - name: PORTWORX_AUTH_SYSTEM_KEY
          value: "canaryBq7T2xWm9ZpL4vRk8YsD3hNc6GfJ1uEoA5tQiX0bVzKwMrPyCdHgSlFnU"
        - name: PORTWORX_AUTH_JWT_SHAREDSECRET
          valueFrom: {secretKeyRef: {name: users, key: shared-secret}}
)";

TEST_CASE("a key in clear text becomes a reference when asked for, and its value is never said") {
  const Folder folder;
  const std::string file = folder.put("px.yaml", kLiteral);
  const Outcome first = run({.check = {.paths = {file}}});
  CHECK(first.status == 1);
  CHECK(contains(first.err, "make its Secret first"));
  CHECK(contains(first.err, "read -rs -p 'PORTWORX_AUTH_SYSTEM_KEY ("));
  CHECK(contains(first.err,
                 "kubectl -n kube-system create secret generic pxkeys \\\n    "
                 "--from-file=system-secret=<(printf %s \"$K1\")"));
  const FixOptions asked{.check = {.paths = {file}}, .rules = {"PXS105"}};
  const Outcome shown = run(asked);
  CHECK(contains(shown.out, "-          value: ...\n"));
  CHECK(contains(shown.out, "+              name: pxkeys\n"));
  FixOptions write = asked;
  write.write = true;
  const Outcome written = run(write);
  CHECK(written.status == 0);
  CHECK_FALSE(contains(read(file), "canary"));
  for (const Outcome* outcome : {&first, &shown, &written})
    CHECK_FALSE(contains(outcome->out + outcome->err, "canary"));
}

}  // namespace
}  // namespace pxguard::cli
