#include "rules/webhooks/concerns.h"

#include <algorithm>
#include <set>
#include <type_traits>
#include <variant>

#include "rules/model/portworx_names.h"
#include "rules/model/storage_class.h"

namespace pxguard::webhooks {
namespace {

template <class... T>
Words words(T... text) {
  return {std::string(text)...};
}

// oci-mon is what some mirrors call oci-monitor.
Predicate is_portworx_container() {
  return any({text_is("name", {"portworx", "stork", "autopilot"}),
              image_is("image", {"oci-mon", "oci-monitor", "px-enterprise", "px-essentials",
                                 "px-monitor", "px-operator", "portworx-operator",
                                 "openstorage-operator", "stork", "autopilot"})});
}

// Whoever has one of these can do anything with every volume.
Words powerful_secrets() { return words(model::kAdminToken, model::kSystemSecrets); }

Predicate has_key_variable() {
  return any({any_element("variable", {"env"},
                          any({text_begins("name", "PORTWORX_AUTH_"),
                               text_is("name", words(model::kSharedSecretEnv)),
                               text_is("valueFrom.secretKeyRef.name", powerful_secrets())})),
              any_element("source", {"envFrom"}, text_is("secretRef.name", powerful_secrets()))});
}

Predicate mounts_key() {
  return any_element("volume", {"volumes"},
                     any({text_is("secret.secretName", powerful_secrets()),
                          any_element("source", {"projected.sources"},
                                      text_is("secret.name", powerful_secrets()))}));
}

// Of a program without a folder before its name, Stork's is one by its driver.
Predicate runs_its_program() {
  return any({any_element("word", {"command"}, text_is("", {"autopilot"})),
              all({any_element("word", {"command"}, text_is("", {"stork"})),
                   any_element("word", {"command", "args"}, text_contains("", "-driver"))}),
              any_element("word", {"command", "args"},
                          any({text_contains("", "pxctl"), text_contains("", "/stork"),
                               text_contains("", "/autopilot")}))});
}

Predicate workload_shows_sign() {
  return in_pod_template(
      any({any_element("container", {"containers", "initContainers", "ephemeralContainers"},
                       any({is_portworx_container(), has_key_variable(), runs_its_program()})),
           mounts_key()}));
}

// Those of the policy may stand as NAMESPACE/NAME: the name alone counts here.
Words known_secret_names(const policy::Policy& policy) {
  std::set<std::string> names = {std::string(model::kSystemSecrets),
                                 std::string(model::kSharedSecretName), "px-k8s-user"};
  names.insert(policy.settings.key_secrets.begin(), policy.settings.key_secrets.end());
  for (const std::string& secret : policy.secrets)
    names.insert(secret.substr(secret.find('/') + 1));
  std::erase_if(names, [](const std::string& name) {
    return name.starts_with("px-") && name.ends_with("-token");
  });
  return {names.begin(), names.end()};
}

Predicate secret_shows_sign(const policy::Policy& policy) {
  return any({text_is("metadata.name", known_secret_names(policy)),
              all({text_begins("metadata.name", "px-"), text_ends("metadata.name", "-token")}),
              any_key("key", "data",
                      any({text_is("", words(model::kSystemSecretKey, model::kAppsSecretKey,
                                             model::kStorkSecretKey, model::kSharedSecretKey,
                                             model::kSharedSecretEnv)),
                           text_begins("", "PORTWORX_AUTH_")}))});
}

Words portworx_drivers() { return {"pxd.portworx.com", "com.openstorage.pxd"}; }

Predicate class_shows_sign() {
  Words provisioners = portworx_drivers();
  provisioners.emplace_back(model::kInTreeProvisioner);
  return text_is("provisioner", std::move(provisioners));
}

Predicate is_controlled_by(Predicate owner) {
  return any_element("owner", {"metadata.ownerReferences"},
                     all({is_true("controller"), std::move(owner)}));
}

Predicate is_made_from_template() { return resource_is({"pods", "replicasets", "jobs"}); }

Predicate is_storage_cluster() {
  return all(
      {text_is("kind", {"StorageCluster"}), text_begins("apiVersion", "core.libopenstorage.org/")});
}

Predicate is_clean_up() {
  return all({operation_is("DELETE"),
              user_is({"system:serviceaccount:kube-system:namespace-controller",
                       "system:serviceaccount:kube-system:generic-garbage-collector"})});
}

Predicate is_spared(const policy::Policy& policy, bool spares_templates) {
  std::vector<Predicate> owners;
  if (spares_templates) owners.push_back(is_made_from_template());
  owners.push_back(is_storage_cluster());
  std::vector<Predicate> parts;
  if (!policy.trusted_controllers.empty()) parts.push_back(user_is(policy.trusted_controllers));
  parts.push_back(is_clean_up());
  parts.push_back(
      any_version(any({all({operation_is("UPDATE"), is_present("metadata.deletionTimestamp")}),
                       is_controlled_by(any(std::move(owners)))})));
  return any(std::move(parts));
}

template <class View>
constexpr bool is_judged_as(Class objects) {
  switch (objects) {
    case Class::Workloads:
      return std::is_same_v<View, model::Workload> || std::is_same_v<View, model::PortworxConfig> ||
             std::is_same_v<View, model::StorkConfig>;
    case Class::StorageClusters:
      return std::is_same_v<View, model::StorageCluster> ||
             std::is_same_v<View, model::PortworxConfig> ||
             std::is_same_v<View, model::StorkConfig>;
    case Class::Secrets: return std::is_same_v<View, model::SecretFacts>;
    case Class::StorageClasses: return std::is_same_v<View, model::StorageClass>;
    case Class::SnapshotClasses: return std::is_same_v<View, model::SnapshotClass>;
    case Class::StorkObjects: return std::is_same_v<View, model::StorkObject>;
  }
  return false;
}

template <class View>
constexpr bool is_check_of(rules::CheckOf<View>, Class objects) {
  return is_judged_as<View>(objects);
}

}  // namespace

bool judges(const rules::Rule& rule, Class objects) {
  return std::any_of(rule.checks.begin(), rule.checks.end(), [objects](const rules::Check& check) {
    return std::visit([objects](auto function) { return is_check_of(function, objects); }, check);
  });
}

Predicate shows_sign(Class objects, const policy::Policy& policy) {
  switch (objects) {
    case Class::Workloads: return workload_shows_sign();
    case Class::Secrets: return secret_shows_sign(policy);
    case Class::StorageClasses: return class_shows_sign();
    case Class::SnapshotClasses: return text_is("driver", portworx_drivers());
    // These kinds are there for Portworx and Stork alone.
    case Class::StorageClusters:
    case Class::StorkObjects: return all({});
  }
  return all({});
}

std::vector<std::string> blind_spots(const std::vector<Class>& classes) {
  const auto has = [&classes](Class objects) {
    return std::find(classes.begin(), classes.end(), objects) != classes.end();
  };
  std::vector<std::string> spots;
  if (has(Class::Secrets)) {
    spots.push_back(
        "key and token Secrets under other names that hold none of the usual keys, known by a "
        "reference alone: name them in the policy (portworx.keySecrets, secrets)");
  }
  if (has(Class::Workloads)) {
    spots.push_back(
        "Portworx, Stork or Autopilot with an image, a container name and a command all of their "
        "own");
    spots.push_back(
        "key variables that come from a ConfigMap through envFrom, and pxctl called from a script "
        "in a ConfigMap, a probe or a lifecycle hook of another workload");
  }
  spots.push_back(
      "ConfigMaps, PersistentVolumes, PersistentVolumeClaims and objects of Velero: check and "
      "audit "
      "read them");
  return spots;
}

Predicate is_only_advised(const policy::Policy& policy) {
  return is_spared(policy, policy.controller_pods == policy::ControllerPods::Warn);
}

Predicate is_never_repaired(const policy::Policy& policy) { return is_spared(policy, true); }

}  // namespace pxguard::webhooks
