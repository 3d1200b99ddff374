#include "cluster/kept.h"

#include <algorithm>
#include <utility>

#include "base/secret_value.h"
#include "base/text.h"
#include "cluster/reading_list.h"
#include "cluster/reduce.h"
#include "rules/model/claim.h"
#include "rules/model/kinds.h"
#include "rules/model/portworx.h"
#include "rules/model/portworx_names.h"
#include "rules/model/producers.h"
#include "rules/model/pxctl_calls.h"
#include "rules/model/snapshot_class.h"
#include "rules/model/storage_class.h"
#include "rules/model/storage_cluster.h"
#include "rules/model/stork.h"
#include "rules/model/token_reference.h"
#include "rules/model/workload.h"

namespace pxguard::cluster {
namespace {

// --- Before anything is made: whether it is worth to look closer ---------------------------------

// Some text in it is of Portworx, or names a Secret of the list.
bool mentions(json::Value value, const Interest& interest) {
  if (value.is_string()) {
    const std::string_view text = value.text();
    constexpr std::string_view kWords[] = {
        "portworx", "PORTWORX_AUTH", "PX_", "PXCTL",       "pxctl",       "stork",   "autopilot",
        "px-",      "pxd",           "pwx", "openstorage", "oci-monitor", "talisman"};
    return std::any_of(std::begin(kWords), std::end(kWords),
                       [text](std::string_view word) {
                         return text.find(word) != std::string_view::npos;
                       }) ||
           interest.secrets.contains(text);
  }
  for (const json::Value element : value.elements()) {
    if (mentions(element, interest)) return true;
  }
  for (const auto& [key, member, node] : value.members()) {
    if (mentions(member, interest)) return true;
  }
  return false;
}

// --- Workloads ----------------------------------------------------------------------------------

bool is_image_of_portworx(std::string_view image) {
  const std::string_view name = model::image_basename(image);
  return image.find("portworx") != std::string_view::npos || name.starts_with("px-") ||
         name == "stork" || name == "autopilot" || name == "oci-monitor" || name == "talisman";
}

bool is_variable_of_portworx(const model::EnvVar& variable, const Interest& interest) {
  const std::string_view name = variable.name();
  if (name.starts_with("PORTWORX_AUTH_") || name == model::kSharedSecretEnv ||
      name == model::kPxctlTokenEnv || name == model::kStorkIssuerEnv)
    return true;
  return variable.kind() == model::EnvVar::Kind::SecretKey &&
         interest.secrets.contains(variable.ref().name);
}

bool is_of_interest(const model::Container& container, const Interest& interest) {
  const model::EnvList& env = container.env();
  return is_image_of_portworx(container.image()) ||
         std::any_of(env.variables.begin(), env.variables.end(),
                     [&](const model::EnvVar& variable) {
                       return is_variable_of_portworx(variable, interest);
                     }) ||
         std::any_of(env.sources.begin(), env.sources.end(),
                     [&](const model::EnvFrom& source) {
                       return source.kind == model::EnvFrom::Kind::Secret &&
                              interest.secrets.contains(source.name);
                     }) ||
         model::mentions_pxctl(container.words());
}

bool mounts_secret_of(const model::Workload& workload, const Interest& interest) {
  for (const json::Value volume : workload.pod_spec()["volumes"].elements()) {
    if (interest.secrets.contains(volume["secret"]["secretName"].text())) return true;
    for (const json::Value source : volume["projected"]["sources"].elements()) {
      if (interest.secrets.contains(source["secret"]["name"].text())) return true;
    }
  }
  return false;
}

bool is_of_interest(const model::Workload& workload, const Interest& interest) {
  const auto& containers = workload.containers();
  return workload.mounts_host_path("/etc/pwx") || mounts_secret_of(workload, interest) ||
         std::any_of(containers.begin(), containers.end(),
                     [&](const model::Container& one) { return is_of_interest(one, interest); });
}

// --- Everything else --------------------------------------------------------------------------

// By what provisioned it: claims of other drivers are the bulk of a cluster.
bool is_provisioned_by_portworx(const model::Object& claim) {
  for (const std::string_view key : {"volume.kubernetes.io/storage-provisioner",
                                     "volume.beta.kubernetes.io/storage-provisioner"}) {
    const std::string_view provisioner = claim.annotation(key);
    if (model::is_portworx_csi(provisioner) || provisioner == "kubernetes.io/portworx-volume")
      return true;
  }
  return false;
}

bool is_volume_of_portworx(json::Value spec) {
  return spec["portworxVolume"].is_set() || model::is_portworx_csi(spec.at("csi.driver").text());
}

bool is_of_interest(const Kept& kept, const Interest& interest) {
  const model::Object& object = kept.object;
  if (const auto workload = model::Workload::of(object)) return is_of_interest(*workload, interest);
  const std::string_view kind = object.kind();
  // A claim of another driver is told by its class, so that all classes are known.
  if (kind == "StorageClass" || model::is_of_stork(object.id())) return true;
  if (model::StorageCluster::of(object)) return true;
  if (kind == "VolumeSnapshotClass" || kind == "VolumeGroupSnapshotClass")
    return model::SnapshotClass::of(object).has_value();
  if (kind == "PersistentVolumeClaim")
    return !kept.token_secrets.empty() || is_provisioned_by_portworx(object);
  if (kind == "PersistentVolume")
    return !kept.token_secrets.empty() || is_volume_of_portworx(object.root()["spec"]);
  if (kind == "BackupStorageLocation") {
    const json::Value config = object.root().at("spec.config");
    return object.root().at("spec.provider").text().find("portworx") != std::string_view::npos ||
           config[model::kSharedSecretEnv].is_set() || config[model::kStorkIssuerEnv].is_set();
  }
  return kind == "ConfigMap" || kind == "Secret" || !kept.made_secret.empty();
}

bool can_be_of_interest(json::Value object, const Resource& resource, const Interest& interest) {
  constexpr std::string_view kScanned[] = {"DaemonSet", "Deployment", "StatefulSet",
                                           "CronJob",   "Job",        "Pod"};
  const bool is_scanned =
      std::find(std::begin(kScanned), std::end(kScanned), resource.kind) != std::end(kScanned);
  return !is_scanned || mentions(object["spec"], interest);
}

model::Object decoded(json::Value object, const Resource& resource, std::string& fingerprint) {
  std::string text = reduced(object, resource);
  fingerprint = keyed_digest(text);
  auto parsed = json::Document::parse(text);
  // What this program writes itself can be read.
  if (!parsed) parsed = json::Document::parse("{}");
  const auto document = std::make_shared<const json::Document>(std::move(parsed).value());
  return {document, document->root()};
}

void note_what_runs(Kept& kept) {
  const model::Object& object = kept.object;
  const model::EmptyView nothing;
  if (const auto cluster = model::StorageCluster::of(object)) {
    kept.runs_portworx = true;
    kept.runs_stork = true;
  } else if (const auto workload = model::Workload::of(object)) {
    kept.runs_portworx = model::runs_portworx(*workload);
    kept.runs_stork = !model::StorkConfig::of(*workload, nothing).empty();
  }
  const auto owner = object.kind() == "Pod" ? object.controller() : std::nullopt;
  if (owner) kept.controller = controller_key(owner->kind, object.id().ns, owner->name);
}

std::vector<std::string> token_secrets_of(const model::Object& object) {
  std::vector<std::string> names;
  for (model::TokenReference& reference : model::token_references(object)) {
    if (reference.name) names.push_back(std::move(*reference.name));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

std::string controller_key(std::string_view kind, std::string_view ns, std::string_view name) {
  return std::string(kind).append(1, '\n').append(ns).append(1, '\n').append(name);
}

model::SecretFacts blind_facts(json::Value object, const Resource& resource) {
  // Facts ask for the place alone, and it is valid during the call.
  static const auto nowhere =
      std::make_shared<const json::Document>(json::Document::parse("{}").value());
  model::Object whole(nowhere, object);
  whole.replace_identity({.api_version = resource.api_version(),
                          .kind = resource.kind,
                          .ns = std::string(object["metadata"]["namespace"].text()),
                          .name = std::string(object["metadata"]["name"].text())});
  model::SecretFacts facts = model::SecretFacts::of(whole);
  facts.make_blind();
  return facts;
}

KeptPointer keep(json::Value object, const Resource& resource, const Interest& interest,
                 bool& is_understood) {
  is_understood = object.is_object() && !object["metadata"]["name"].text().empty();
  if (!is_understood || !can_be_of_interest(object, resource, interest)) return nullptr;
  std::string fingerprint;
  auto kept = std::make_shared<Kept>(decoded(object, resource, fingerprint));
  kept->fingerprint = std::move(fingerprint);
  const model::Object& made = kept->object;
  kept->token_secrets = token_secrets_of(made);
  if (model::is_secret_producer(made)) kept->made_secret = model::made_secret_name(made);
  if (!is_of_interest(*kept, interest)) return nullptr;
  note_what_runs(*kept);
  kept->can_depend = model::can_depend_on_portworx(made.id());
  if (made.kind() == "ConfigMap" || made.kind() == "Secret") {
    kept->facts = blind_facts(object, resource);
  }
  return kept;
}

KeptPointer keep_secret(json::Value object, const std::optional<model::DataChange>& change) {
  std::string fingerprint;
  auto kept = std::make_shared<Kept>(decoded(object, secrets(), fingerprint));
  kept->fingerprint = std::move(fingerprint);
  kept->facts = blind_facts(object, secrets());
  if (model::is_secret_producer(kept->object))
    kept->made_secret = model::made_secret_name(kept->object);
  for (const auto& [key, facts] : kept->facts->keys()) kept->fingerprint += facts.digest;
  if (change) kept->facts->set_change(*change);
  return kept;
}

}  // namespace pxguard::cluster
