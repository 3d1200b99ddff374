// Nothing secret survives in what is kept of an object. Every value that must not has the same
// canary in it; what is kept is written out and searched for it.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "base/base64.h"
#include "cluster/reduce.h"
#include "cluster/scrub.h"
#include "rules/model/blind.h"
#include "tests/support/objects.h"

namespace pxguard::cluster {
namespace {

constexpr std::string_view kCanary = "C4n4ry";

std::string kept_of(std::string_view yaml) {
  const model::Object object = test::object(yaml);
  return reduced(object.root(), {.kind = std::string(object.kind())});
}

bool has_canary(std::string_view text) {
  return text.find(kCanary) != std::string_view::npos ||
         text.find(base64_encode(kCanary).substr(0, 8)) != std::string_view::npos;
}

std::string container_with(std::string_view fields) {
  return "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  template:\n"
         "    spec:\n      containers:\n      - name: one\n        image: portworx/oci-monitor:3\n"
         "        " +
         std::string(fields) + '\n';
}

TEST_CASE("of a container no secret is kept, however it is given") {
  for (const std::string_view fields : {
           "env: [{name: PORTWORX_AUTH_SYSTEM_KEY, value: C4n4ry-key}]",
           "env: [{name: PORTWORX_AUTH_SYSTEM_KEY, value: C4n}]",
           "env: [{name: PX_SHARED_SECRET, value: 'C4n4ry-$(POD)'}]",
           "env: [{name: PXCTL_AUTH_TOKEN, value: eyJhbGciOiJIUzI1NiJ9.C4n4ry.C4n4ry}]",
           "env: [{name: DB_URL, value: 'postgres://u:C4n4ry@db'}]",
           "args: [-jwt_shared_secret, C4n4ry]",
           "args: ['-jwt_shared_secret=C4n4ry']",
           "args: [--jwt-shared-secret, 'C4n4ry with spaces; and more']",
           "args: [-e, 'PORTWORX_AUTH_SYSTEM_KEY=C4n4ry']",
           "args: [--env, 'PX_SHARED_SECRET=C4n4ry']",
           "args: ['-e', 'PORTWORX_AUTH_SYSTEM_KEY=\"C4n4ry\"']",
           "command: [px-runc, -jwt_shared_secret]\n        args: [C4n4ry]",
           "command: [sh, -c, 'pxctl volume list --token C4n4ry']",
           "command: [sh, -c, \"export PXCTL_AUTH_TOKEN='C4n4ry'; pxctl status\"]",
           "command: [sh, -c, 'PORTWORX_AUTH_SYSTEM_KEY=C4n4ry exec px']",
           "command: [sh, -c, 'curl -H \"Authorization: bearer eyJhbGciOiJIUzI1NiJ9.C4n4ry.x\" "
           "px']",
           "args: [-userpwd, 'admin:C4n4ry']",
           "livenessProbe: {exec: {command: [pxctl, --token, C4n4ry]}}",
           "livenessProbe: {httpGet: {httpHeaders: [{name: Authorization, value: C4n4ry-12}]}}",
       }) {
    CAPTURE(std::string(fields));
    const std::string kept = kept_of(container_with(fields));
    CAPTURE(kept);
    // Short values of a key are as secret as long ones.
    CHECK(kept.find("C4n") == std::string::npos);
  }
}

TEST_CASE("what was applied last is kept as the object itself is") {
  const std::string kept = kept_of(R"(
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: a
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: >-
      {"metadata":{"name":"a","annotations":{"site/password":"C4n4ry-1","portworx.io/misc-args":"-jwt_shared_secret C4n4ry-2"}},
      "spec":{"template":{"spec":{"containers":[{"image":"px","env":[{"name":"PX_SHARED_SECRET","value":"C4n4ry-3"}]}]}}}}
    site/password: C4n4ry-4
    portworx.io/misc-args: "-jwt_shared_secret C4n4ry-5 -e PORTWORX_AUTH_SYSTEM_KEY=C4n4ry-6"
  managedFields:
  - {manager: kubectl, fieldsV1: {"f:data": {"k:C4n4ry": {}}}}
spec: {}
status: {message: C4n4ry}
)");
  CAPTURE(kept);
  CHECK_FALSE(has_canary(kept));
  CHECK(kept.find("portworx.io/misc-args") != std::string::npos);
  CHECK(kept.find("site/password") != std::string::npos);  // that it is there is no secret
}

TEST_CASE("an applied object that cannot be decoded is not kept") {
  const std::string kept = kept_of(R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: a
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"password": "C4n4ry'}
)");
  CHECK_FALSE(has_canary(kept));
}

TEST_CASE("of Secrets and ConfigMaps the keys are kept, and what is no secret in a script") {
  for (const std::string_view yaml : {
           "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {pw: C4n4ry}}",
           "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {pw: QzRuNHJ5MTIz}}",
           "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {pw: C4n4ry}}",
           "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, binaryData: {pw: QzRuNHJ5MTIz}}",
           "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {PX_SHARED_SECRET: "
           "C4n4ry}}",
           "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {run.sh: "
           "\"pxctl --token C4n4ry\\nexport PX_SHARED_SECRET=C4n4ry\"}}",
       }) {
    CAPTURE(std::string(yaml));
    const std::string kept = kept_of(yaml);
    CAPTURE(kept);
    CHECK_FALSE(has_canary(kept));
    CHECK(
        (kept.find("\"pw\"") != std::string::npos || kept.find("PX_SHARED") != std::string::npos));
  }
}

TEST_CASE("of objects of Stork and of strangers' classes no credentials are kept") {
  for (const std::string_view yaml : {
           "{apiVersion: v1, kind: ClusterPair, metadata: {name: a}, spec: {config: {users: "
           "[{user: {token: C4n4ry, client-key-data: C4n4ry}}]}, options: {token: C4n4ry, ip: "
           "10.0.0.1, other: C4n4ry}}}",
           "{apiVersion: v1, kind: BackupLocation, metadata: {name: a}, location: {s3Config: "
           "{secretAccessKey: C4n4ry}, azureConfig: {storageAccountKey: C4n4ry}, encryptionKey: "
           "C4n4ry, resticPassword: C4n4ry}}",
           "{apiVersion: v1, kind: StorageClass, metadata: {name: a}, provisioner: other.io, "
           "parameters: {restuserkey: C4n4ry}}",
           "{apiVersion: v1, kind: SealedSecret, metadata: {name: a}, spec: {encryptedData: {pw: "
           "C4n4ry}}}",
           "{apiVersion: v1, kind: BackupStorageLocation, metadata: {name: a}, spec: {config: "
           "{PX_SHARED_SECRET: C4n4ry}}}",
       }) {
    CAPTURE(std::string(yaml));
    const std::string kept = kept_of(yaml);
    CAPTURE(kept);
    CHECK_FALSE(has_canary(kept));
  }
}

TEST_CASE("equal values stay equal, others differ, and references stay what they are") {
  const std::string key = "PORTWORX_AUTH_SYSTEM_KEY";
  CHECK(scrubbed_literal(key, "one-key") == scrubbed_literal(key, "one-key"));
  CHECK(scrubbed_literal(key, "one-key") != scrubbed_literal(key, "another"));
  CHECK(model::is_blind(scrubbed_literal(key, "one-key")));
  CHECK(scrubbed_literal(key, "$(FROM_ABOVE)") == "$(FROM_ABOVE)");
  CHECK(scrubbed_literal("PORTWORX_AUTH_JWT_ISSUER", "portworx.com") == "portworx.com");
}

}  // namespace
}  // namespace pxguard::cluster
