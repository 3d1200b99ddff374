// Classes, Stork's objects and calls of pxctl as they are read.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rules/model/claim.h"
#include "rules/model/pxctl_calls.h"
#include "rules/model/snapshot_class.h"
#include "rules/model/storage_class.h"
#include "rules/model/stork_object.h"
#include "tests/support/objects.h"

using namespace pxguard;
using namespace pxguard::model;

namespace {

std::string storage_class(std::string_view name, std::string_view rest) {
  return "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " +
         std::string(name) + "}, " + std::string(rest) + "}";
}

std::string stork(std::string_view kind, std::string_view rest = {}) {
  return "{apiVersion: stork.libopenstorage.org/v1alpha1, kind: " + std::string(kind) +
         ", metadata: {name: a, namespace: b}" + std::string(rest) + "}";
}

std::string pair_with(std::string_view token) {
  return stork("ClusterPair", ", spec: {options: {token: \"" + std::string(token) + "\"}}");
}

std::vector<Word> words(const std::vector<std::string>& texts) {
  std::vector<Word> made;
  for (const std::string& text : texts)
    made.push_back({text, FieldPath{"args"}.element(made.size())});
  return made;
}

// The command and the index of its element: "volume@2".
std::string call_in(const std::vector<std::string>& texts) {
  const auto call = first_pxctl_call(words(texts));
  if (!call) return {};
  return call->command + '@' + call->path.pointer().substr(std::string_view("/args/").size());
}

}  // namespace

TEST_CASE("a StorageClass is Portworx's by its provisioner") {
  const auto is_read = [](std::string_view provisioner) {
    const Object object =
        test::object(storage_class("a", "provisioner: " + std::string(provisioner)));
    return StorageClass::of(object).has_value();
  };
  CHECK(is_read("pxd.portworx.com"));
  CHECK(is_read("com.openstorage.pxd"));
  CHECK(is_read("kubernetes.io/portworx-volume"));
  CHECK_FALSE(is_read("osd.openstorage.org"));
  CHECK_FALSE(is_read("rbd.csi.ceph.com"));
  CHECK_FALSE(is_read("\"\""));
}

TEST_CASE("a StorageClass tells its references, its backend and who made it") {
  const Object object = test::object(storage_class(
      "px-csi-db-local-snapshot-encrypted",
      "provisioner: pxd.portworx.com, allowVolumeExpansion: true, parameters: {backend: "
      "pure_block, csi.storage.k8s.io/provisioner-secret-name: a, "
      "csi.storage.k8s.io/node-publish-secret-name: \"\"}"));
  const auto view = StorageClass::of(object);
  REQUIRE(view);
  CHECK(view->is_csi());
  CHECK(view->is_direct_access());
  CHECK(view->allows_expansion());
  CHECK(view->has_name_of_operator());
  REQUIRE(view->csi("provisioner") != nullptr);
  CHECK(view->reads(*view->csi("provisioner")));
  // Empty is not written.
  CHECK(view->csi("node-publish") == nullptr);
  CHECK(view->csi("node-stage") == nullptr);
  CHECK(view->in_tree() == nullptr);
}

TEST_CASE("the names of the operator's classes are sixteen") {
  const auto is_operators = [](std::string_view name) {
    const Object object = test::object(storage_class(name, "provisioner: pxd.portworx.com"));
    return StorageClass::of(object)->has_name_of_operator();
  };
  for (const std::string csi : {"", "csi-"}) {
    for (const std::string base : {"db", "replicated", "db-local-snapshot", "db-cloud-snapshot"}) {
      for (const std::string end : {"", "-encrypted"})
        CHECK(is_operators("px-" + csi + base + end));
    }
  }
  CHECK_FALSE(is_operators("px-db2"));
  CHECK_FALSE(is_operators("db"));
  CHECK_FALSE(is_operators("px-replicated-snapshot"));
}

TEST_CASE("templates of a class are replaced as for one claim") {
  const Object claim = test::object(
      "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: team-a, "
      "annotations: {team.example.com/token: special}}, spec: {storageClassName: px}}");
  CHECK(is_claim(claim));
  CHECK(class_of_claim(claim).text == "px");
  CHECK(resolved("px-user-token", claim) == "px-user-token");
  CHECK(resolved("${pvc.namespace}-${pvc.name}", claim) == "team-a-data");
  CHECK(resolved("${pvc.annotations['team.example.com/token']}", claim) == "special");
  CHECK_FALSE(resolved("${pvc.annotations['other']}", claim).has_value());
  CHECK_FALSE(resolved("${pv.name}", claim).has_value());
  CHECK_FALSE(resolved("${pvc.name", claim).has_value());
}

TEST_CASE("classes of snapshots are read by driver and group") {
  const auto operation = [](std::string_view api, std::string_view kind, std::string_view driver) {
    const Object object = test::object(
        "{apiVersion: " + std::string(api) + ", kind: " + std::string(kind) +
        ", metadata: {name: stork-csi-snapshot-class-a}, driver: " + std::string(driver) + "}");
    const auto view = SnapshotClass::of(object);
    return view ? std::string(view->operation()) : std::string();
  };
  CHECK(operation("snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", "pxd.portworx.com") ==
        "snapshotter");
  CHECK(operation("groupsnapshot.storage.k8s.io/v1beta1", "VolumeGroupSnapshotClass",
                  "com.openstorage.pxd") == "group-snapshotter");
  CHECK(operation("snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", "ebs.csi.aws.com").empty());
  CHECK(operation("example.com/v1", "VolumeSnapshotClass", "pxd.portworx.com").empty());
}

TEST_CASE("Stork's objects tell whose token is used") {
  const auto source = [](const std::string& text) {
    const Object object = test::object(text);
    const auto view = StorkObject::of(object);
    REQUIRE(view);
    return view->token_source();
  };
  CHECK(source(stork("Migration")) == TokenSource::Annotations);
  CHECK(source(stork("ApplicationClone")) == TokenSource::Annotations);
  CHECK(source(stork("ApplicationBackup")) == TokenSource::VolumesFirst);
  CHECK(source(stork("ClusterDomainUpdate")) == TokenSource::StorkItself);
  CHECK(source(stork("SchedulePolicy")) == TokenSource::Nobody);
  const Object other = test::object(stork("DataExport"));
  CHECK_FALSE(StorkObject::of(other).has_value());
  const Object snapshot = test::object(
      "{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: a}}");
  CHECK_FALSE(StorkObject::of(snapshot).has_value());
  const Object legacy = test::object(
      "{apiVersion: volumesnapshot.external-storage.k8s.io/v1, kind: VolumeSnapshot, metadata: "
      "{name: a}, spec: {persistentVolumeClaimName: data}}");
  REQUIRE(StorkObject::of(legacy));
  CHECK(StorkObject::of(legacy)->is_snapshot());
  CHECK(StorkObject::of(legacy)->claim_name() == "data");
}

TEST_CASE("Stork's objects tell whether they run, and on volumes") {
  const Object schedule = test::object(
      stork("MigrationSchedule",
            ", spec: {suspend: true, template: {spec: {includeVolumes: false, clusterPair: dr}}}"));
  const auto view = StorkObject::of(schedule);
  REQUIRE(view);
  CHECK_FALSE(view->includes_volumes());
  CHECK(view->is_suspended());
  CHECK_FALSE(view->is_child());
  const Object child = test::object(
      "{apiVersion: stork.libopenstorage.org/v1alpha1, kind: Migration, metadata: {name: a, "
      "annotations: {stork.libopenstorage.org/static-copy: \"true\", "
      "openstorage.io/auth-secret-name: px-admin-token}, ownerReferences: [{apiVersion: "
      "stork.libopenstorage.org/v1alpha1, kind: MigrationSchedule, name: b}]}, spec: {}}");
  const auto migration = StorkObject::of(child);
  REQUIRE(migration);
  CHECK(migration->includes_volumes());
  CHECK(migration->is_static_copy());
  CHECK(migration->is_child());
  REQUIRE(migration->token());
  CHECK(migration->token()->name == "px-admin-token");
  CHECK_FALSE(migration->token()->is_pair());
}

TEST_CASE("the token of a ClusterPair is known by its form") {
  const auto form = [](std::string_view token) {
    return cluster_pair_token(test::object(pair_with(token)));
  };
  CHECK(form("") == PairToken::Absent);
  CHECK(form(std::string(128, 'a')) == PairToken::Hex128);
  CHECK(form(std::string(40, 'a')) == PairToken::Other);
  CHECK(form("eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2ln") == PairToken::Jwt);
  CHECK(form("<token-from-destination>") == PairToken::Other);
}

TEST_CASE("a call of pxctl that asks the server is found, wherever it stands") {
  CHECK(call_in({"/opt/pwx/bin/pxctl", "volume", "list"}) == "volume@0");
  CHECK(call_in({"pxctl", "-j", "status"}) == "status@0");
  CHECK(call_in({"sh", "-c", "set -e\n/opt/pwx/bin/pxctl volume list"}) == "volume@2");
  CHECK(call_in({"sh", "-c", "V=$(pxctl v l --csv)"}) == "v@2");
  CHECK(call_in({"sh", "-c", "V=`pxctl v l`"}) == "v@2");
  CHECK(call_in({"sh", "-c", "kubectl exec $POD -- sh -c 'pxctl cluster list'"}) == "cluster@2");
  CHECK(call_in({"sh", "-c", "PXCTL=/opt/pwx/bin/pxctl\n$PXCTL --version\n"}).empty());
  CHECK(call_in({"sh", "-c", "PXCTL=\"kubectl exec p -- pxctl\"; ${PXCTL} volume list"}) ==
        "volume@2");
  CHECK(call_in({"sh", "-c", "pxctl \\\n  volume trim start all"}) == "volume@2");
}

TEST_CASE("what only looks like a call of pxctl is none") {
  CHECK(call_in({"pxctl", "--version"}).empty());
  CHECK(call_in({"pxctl", "context", "list"}).empty());
  CHECK(call_in({"pxctl", "auth", "token", "generate"}).empty());
  CHECK(call_in({"sh", "-c", "# pxctl volume list\ntrue"}).empty());
  CHECK(call_in({"sh", "-c", "echo 'pxctl volume list failed'"}).empty());
  CHECK(call_in({"sh", "-c", "cp /opt/pwx/bin/pxctl /usr/local/bin"}).empty());
  CHECK(call_in({"sh", "-c", "test -x /opt/pwx/bin/pxctl && true"}).empty());
  CHECK(call_in({"sh", "-c", "curl http://pxctl.example.com volume"}).empty());
  CHECK(call_in({"my-pxctl", "volume", "list"}).empty());
  CHECK(call_in({"sh", "-c", "pxctl"}).empty());
  CHECK(call_in({}).empty());
}

TEST_CASE("a command brings its token in one of several ways") {
  CHECK(brings_pxctl_token(words({"sh", "-c", "PXCTL_AUTH_TOKEN=$T pxctl volume list"})));
  CHECK(brings_pxctl_token(words({"pxctl", "--context", "admin", "volume", "list"})));
  CHECK(brings_pxctl_token(words({"pxctl", "context", "create", "admin"})));
  CHECK(brings_pxctl_token(words({"sh", "-c", "T=$(kubectl get secret px-admin-token)"})));
  CHECK_FALSE(brings_pxctl_token(words({"pxctl", "volume", "list"})));
  CHECK_FALSE(brings_pxctl_token(words({"sh", "-c", "# PXCTL_AUTH_TOKEN is unset"})));
}
