#include <doctest/doctest.h>

#include "rules/model/arguments.h"
#include "rules/model/portworx.h"
#include "rules/model/stork.h"
#include "rules/model/versions.h"
#include "rules/model/workload.h"
#include "tests/support/objects.h"

using namespace pxguard;
using namespace pxguard::model;

namespace {

std::vector<Argument> arguments(std::initializer_list<std::string_view> texts) {
  std::vector<Word> words;
  for (const std::string_view text : texts)
    words.push_back({std::string(text), FieldPath{"args"}.element(words.size())});
  return read_arguments(words);
}

const Argument* find(const std::vector<Argument>& all, AuthKey key) {
  for (const Argument& argument : all) {
    if (argument.key == key) return &argument;
  }
  return nullptr;
}

std::string daemon_set(std::string_view container) {
  return "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: portworx, namespace: "
         "kube-system}\n"
         "spec: {template: {spec: {containers: [" +
         std::string(container) + "]}}}\n";
}

std::optional<PortworxConfig> portworx(const Object& object) {
  static const EmptyView view;
  return PortworxConfig::of(*Workload::of(object), view);
}

}  // namespace

TEST_CASE("containers of every kind of pod template are found") {
  struct Case {
    const char* text;
    const char* path;
  };
  const Case cases[] = {
      {"{apiVersion: v1, kind: Pod, spec: {containers: [{name: a}]}}", "spec.containers[a]"},
      {"{apiVersion: apps/v1, kind: DaemonSet, spec: {template: {spec: {containers: [{name: "
       "a}]}}}}",
       "spec.template.spec.containers[a]"},
      {"{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: "
       "{containers: [{name: a}]}}}}}}",
       "spec.jobTemplate.spec.template.spec.containers[a]"},
      {"{apiVersion: batch/v1, kind: Job, spec: {template: {spec: {initContainers: [{name: a, "
       "restartPolicy: Always}]}}}}",
       "spec.template.spec.initContainers[a]"},
      {"{apiVersion: v1, kind: Pod, spec: {ephemeralContainers: [{name: a}]}}",
       "spec.ephemeralContainers[a]"},
  };
  for (const Case& c : cases) {
    const Object object = test::object(c.text);
    const auto workload = Workload::of(object);
    REQUIRE(workload.has_value());
    REQUIRE(workload->containers().size() == 1);
    CHECK(workload->containers()[0].path().display() == c.path);
  }
}

TEST_CASE("a kind of the same name in another group is no workload") {
  const Object stranger = test::object("{apiVersion: serving.example/v1, kind: Deployment}");
  CHECK_FALSE(Workload::of(stranger).has_value());
  const Object openshift = test::object("{apiVersion: ocs.openshift.io/v1, kind: StorageCluster}");
  CHECK_FALSE(StorageCluster::of(openshift).has_value());
}

TEST_CASE("the documented form of an argument is a flag and its value as two elements") {
  const auto read = arguments({"-c", "px", "-jwt_issuer", "portworx.com"});
  REQUIRE(find(read, AuthKey::JwtIssuer) != nullptr);
  CHECK(find(read, AuthKey::JwtIssuer)->value == "portworx.com");
  CHECK(find(read, AuthKey::JwtIssuer)->is_documented);
  CHECK(find(read, AuthKey::JwtIssuer)->path.pointer() == "/args/2");
}

TEST_CASE("other forms of an argument are read and known to be undocumented") {
  for (const auto& read : {arguments({"--jwt-issuer", "x"}), arguments({"-jwt_issuer=x"}),
                           arguments({"-jwt_issuer x"}), arguments({"-c px -jwt_issuer x"}),
                           arguments({"-JWT_ISSUER", "x"})}) {
    const Argument* issuer = find(read, AuthKey::JwtIssuer);
    REQUIRE(issuer != nullptr);
    CHECK(issuer->value == "x");
    CHECK_FALSE(issuer->is_documented);
  }
  CHECK(find(arguments({"-jwt_ecdsa_pubkey_file", "/etc/pwx/k"}), AuthKey::EcdsPublicKey) !=
        nullptr);
}

TEST_CASE("an argument that is the value of another flag is no flag") {
  CHECK(find(arguments({"-c", "-jwt_issuer"}), AuthKey::JwtIssuer) == nullptr);
}

TEST_CASE("a flag at the end or before another flag has no value") {
  CHECK_FALSE(find(arguments({"-c", "px", "-jwt_issuer"}), AuthKey::JwtIssuer)->has_value);
  CHECK_FALSE(find(arguments({"-jwt_issuer", "-c", "px"}), AuthKey::JwtIssuer)->has_value);
}

TEST_CASE("Portworx is recognised by its image wherever the image comes from") {
  for (const char* image :
       {"portworx/oci-monitor:3.1.0", "registry.example:5000/a/b/oci-monitor@sha256:00",
        "px-enterprise:2.13.4", "mirror.example/px-essentials"}) {
    const Object object =
        test::object(daemon_set("{name: x, image: '" + std::string(image) + "'}"));
    CHECK_MESSAGE(portworx(object).has_value(), image);
  }
}

TEST_CASE("a container that is only called portworx is not Portworx") {
  CHECK_FALSE(portworx(test::object(daemon_set("{name: portworx, image: example/exporter:1}")))
                  .has_value());
  CHECK(portworx(
            test::object(daemon_set("{name: portworx, image: example/px:1, args: ['-c', 'px']}")))
            .has_value());
}

TEST_CASE("every Portworx of a pod is seen, and the first is the one that others work with") {
  const Object object = test::object(
      daemon_set("{name: agent, image: example/agent}, {name: first, image: a/oci-monitor:3.1.0, "
                 "args: [-c, px-first], volumeMounts: [{name: here, mountPath: /keys}]}, {name: "
                 "second, image: a/oci-monitor:2.0.0, env: [{name: PORTWORX_AUTH_SYSTEM_KEY, "
                 "value: x}]}"));
  const EmptyView view;
  const Workload workload = *Workload::of(object);
  const auto all = PortworxConfig::all_of(workload, view);
  REQUIRE(all.size() == 2);
  CHECK(all[0].cluster_id() == "px-first");
  CHECK_FALSE(all[0].container()["volumeMounts"].empty());
  CHECK(all[0].security() == Security::Off);
  CHECK(all[1].security() == Security::On);
  CHECK(all[1].path().display() == "spec.template.spec.containers[second]");
  CHECK(PortworxConfig::of(workload, view)->path().display() == all[0].path().display());
  CHECK(runs_portworx(workload));
  CHECK_FALSE(is_portworx(workload, workload.containers()[0]));
  CHECK(is_portworx(workload, workload.containers()[2]));
}

TEST_CASE("Stork counts only with the driver of Portworx") {
  const EmptyView view;
  const auto stork = [&](const char* command) {
    const Object object = test::object(daemon_set(
        "{name: stork, image: openstorage/stork:24.2.0, command: " + std::string(command) + "}"));
    const auto configs = StorkConfig::of(*Workload::of(object), view);
    return configs.empty() ? "none" : configs.front().is_driver_unknown() ? "unknown" : "stork";
  };
  CHECK(stork("[/stork, --driver=pxd]") == std::string("stork"));
  CHECK(stork("[/stork, --driver, pxd]") == std::string("stork"));
  CHECK(stork("[/stork, --driver=csi]") == std::string("none"));
  CHECK(stork("[/stork]") == std::string("none"));
  CHECK(stork("[/stork, '--driver=$(DRIVER)']") == std::string("unknown"));
}

TEST_CASE("every Stork and Autopilot of a pod is seen, Stork first") {
  const EmptyView view;
  const Object object = test::object(daemon_set(
      "{name: autopilot, image: portworx/autopilot:1.3.14}, "
      "{name: stork, image: openstorage/stork:24.2.0, command: [/stork, --driver=pxd]}"));
  const auto configs = StorkConfig::of(*Workload::of(object), view);
  REQUIRE(configs.size() == 2);
  CHECK(configs[0].is_stork());
  CHECK_FALSE(configs[1].is_stork());
  CHECK(configs[1].image_path().pointer() == "/spec/template/spec/containers/0/image");
}

TEST_CASE("security is on by any signal, and maybe by one that is only maybe there") {
  const auto security = [](const char* env) {
    return portworx(
               test::object(daemon_set("{name: portworx, image: portworx/oci-monitor:3.1.0, env: " +
                                       std::string(env) + "}")))
        ->security();
  };
  CHECK(security("[]") == Security::Off);
  CHECK(security("[{name: PX_TEMPLATE_VERSION, value: v4}]") == Security::Off);
  CHECK(security("[{name: PORTWORX_AUTH_SYSTEM_APPS_KEY, value: x}]") == Security::On);
  CHECK(security("[{name: PORTWORX_AUTH_SYSTEM_KEY, value: ''}]") == Security::Off);
  CHECK(security("[{name: PORTWORX_AUTH_SYSTEM_KEY, valueFrom: {secretKeyRef: {name: a, key: b, "
                 "optional: true}}}]") == Security::Maybe);
  CHECK(security("[{name: PORTWORX_AUTH_USERNAME_CLAIM, value: sub}]") == Security::Off);
  CHECK(security("[{name: PORTWORX_AUTH_USERNAME_CLAIM, value: email}]") == Security::On);
}

TEST_CASE("the last entry of a variable counts, and $(VAR) is followed to an earlier one") {
  const Object object = test::object(
      daemon_set("{name: portworx, image: portworx/oci-monitor:3.1.0, env: [{name: A, value: one}, "
                 "{name: PORTWORX_AUTH_JWT_ISSUER, value: x},"
                 "{name: PORTWORX_AUTH_JWT_ISSUER, value: $(A)}, {name: "
                 "PORTWORX_AUTH_USERNAME_CLAIM, value: $(LATER)}, {name: LATER, value: sub}]}"));
  const auto config = portworx(object);
  CHECK(config->variable(AuthKey::JwtIssuer).text == "one");
  CHECK(config->variable(AuthKey::UsernameClaim).is_maybe());
}

TEST_CASE("what an injector or a wrapper may set is a maybe") {
  const Object object = test::object(
      daemon_set("{name: portworx, image: portworx/oci-monitor:3.1.0, command: [/vault/vault-env], "
                 "env: [{name: PORTWORX_AUTH_SYSTEM_KEY, value: 'vault:a#b'}]}"));
  CHECK(portworx(object)->variable(AuthKey::SystemKey).is_maybe());
  CHECK(portworx(object)->variable(AuthKey::AppsKey).is_maybe());
}

TEST_CASE("a variable behind -e counts like one of the container") {
  const Object object =
      test::object(daemon_set("{name: portworx, image: portworx/oci-monitor:3.1.0, args: [-e, "
                              "PORTWORX_AUTH_JWT_ISSUER=a.example]}"));
  CHECK(portworx(object)->effective(AuthKey::JwtIssuer).text == "a.example");
}

TEST_CASE("versions are read from plain tags and are unknown otherwise") {
  CHECK(Version::parse("2.13.4") == Version{2, 13, 4});
  CHECK(Version::parse("v2.6") == Version{2, 6, 0});
  CHECK(Version::parse("3.1.0-rc1") == Version{3, 1, 0});
  for (const char* tag : {"", "latest", "abc", "3", "2.x", "99999999.1", "2.6dev"})
    CHECK_FALSE(Version::parse(tag).has_value());
  CHECK(image_tag("registry.example:5000/oci-monitor") == "");
  CHECK(image_tag("registry.example:5000/oci-monitor:3.1.0@sha256:0") == "3.1.0");
  CHECK(image_basename("registry.example:5000/a/oci-monitor:3.1.0") == "oci-monitor");
}
