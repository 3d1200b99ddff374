#include <doctest/doctest.h>

#include "cluster/resource.h"

namespace pxguard::cluster {

TEST_CASE("a resource knows its paths: core and grouped, in a namespace, in all, by name") {
  const Resource secrets{.plural = "secrets", .kind = "Secret"};
  CHECK(secrets.api_version() == "v1");
  CHECK(secrets.path("kube-system", "pxkeys") == "/api/v1/namespaces/kube-system/secrets/pxkeys");
  const Resource classes{.group = "storage.k8s.io",
                         .plural = "storageclasses",
                         .kind = "StorageClass",
                         .is_namespaced = false};
  CHECK(classes.api_version() == "storage.k8s.io/v1");
  CHECK(classes.path("ignored") == "/apis/storage.k8s.io/v1/storageclasses");
}

TEST_CASE("a name cannot leave its place in a path") {
  const Resource secrets{.plural = "secrets", .kind = "Secret"};
  CHECK(secrets.path("a/../b", "?x=y") == "/api/v1/namespaces/a%2F..%2Fb/secrets/%3Fx%3Dy");
}

}  // namespace pxguard::cluster
