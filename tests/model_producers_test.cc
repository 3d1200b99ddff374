#include <doctest/doctest.h>

#include <string>

#include "rules/model/producers.h"
#include "tests/support/objects.h"

using namespace pxguard;
using namespace pxguard::model;

namespace {

Object of(const char* type, const char* metadata, const char* rest = "") {
  return test::object(std::string(type) + "\nmetadata: {" + metadata + "}\n" + rest);
}

constexpr const char* kExternal = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret";
constexpr const char* kForAll = "apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret";
constexpr const char* kSealed = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret";
constexpr const char* kSecret = "apiVersion: v1\nkind: Secret";

}  // namespace

TEST_CASE("an ExternalSecret makes its target, else the Secret of its own name") {
  const Object own = of(kExternal, "name: pxkeys, namespace: a");
  CHECK(makes_secret(own, "a", "pxkeys"));
  CHECK(makes_secret(own, "", "pxkeys"));
  CHECK_FALSE(makes_secret(own, "b", "pxkeys"));
  const Object other = of(kExternal, "name: x, namespace: a", "spec: {target: {name: pxkeys}}\n");
  CHECK(makes_secret(other, "a", "pxkeys"));
  CHECK_FALSE(makes_secret(other, "a", "x"));
}

TEST_CASE("a ClusterExternalSecret makes Secrets in any namespace") {
  const Object named = of(kForAll, "name: x", "spec: {externalSecretName: pxkeys}\n");
  CHECK(makes_secret(named, "a", "pxkeys"));
  const Object target =
      of(kForAll, "name: x", "spec: {externalSecretSpec: {target: {name: pxkeys}}}\n");
  CHECK(makes_secret(target, "b", "pxkeys"));
}

TEST_CASE("a SealedSecret makes the Secret of its own name; a stranger of that kind does not") {
  CHECK(makes_secret(of(kSealed, "name: pxkeys, namespace: a"), "a", "pxkeys"));
  CHECK_FALSE(is_secret_producer(of("apiVersion: example.com/v1\nkind: SealedSecret", "name: x")));
  CHECK_FALSE(is_secret_producer(of(kSecret, "name: pxkeys, namespace: a")));
}

TEST_CASE("a replicator copies to other namespaces") {
  const Object source =
      of(kSecret,
         "name: pxkeys, namespace: a, annotations: {replicator.v1.mittwald.de/replicate-to: b}");
  CHECK(is_secret_producer(source));
  CHECK(makes_secret(source, "b", "pxkeys"));
  CHECK_FALSE(makes_secret(source, "a", "pxkeys"));
  CHECK_FALSE(is_made_by_producer(source));
}

TEST_CASE("owners, annotations and labels tell who made a Secret") {
  for (const char* mark :
       {"ownerReferences: [{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, name: x}]",
        "annotations: {replicator.v1.mittwald.de/replicate-from: a/pxkeys}",
        "annotations: {reflector.v1.k8s.emberstack.com/reflects: a/pxkeys}",
        "labels: {reconcile.external-secrets.io/managed: 'true'}"}) {
    CHECK_MESSAGE(is_made_by_producer(of(kSecret, mark)), mark);
  }
  CHECK_FALSE(is_made_by_producer(of(kSecret, "ownerReferences: [{kind: StorageCluster}]")));
}
