#include "cli/webhooks_live.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ostream>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/exit_status.h"
#include "rules/webhooks/webhooks.h"

namespace pxguard::cli {
namespace {

using cluster::Failure;
using cluster::Resource;

const Resource& deployments() {
  static const Resource kDeployments = {
      .group = "apps", .plural = "deployments", .kind = "Deployment"};
  return kDeployments;
}

std::array<Resource, 2> configurations() {
  const std::string group = "admissionregistration.k8s.io";
  return {{{.group = group,
            .plural = "validatingwebhookconfigurations",
            .kind = "ValidatingWebhookConfiguration",
            .is_namespaced = false},
           {.group = group,
            .plural = "mutatingwebhookconfigurations",
            .kind = "MutatingWebhookConfiguration",
            .is_namespaced = false}}};
}

int complain(std::ostream& err, std::string_view what, const Failure& failure) {
  err << fmt::format("webhooks: {}: {}\n", what, failure.message);
  return kUnavailable;
}

int remove_configurations(cluster::Client& client, std::ostream& err) {
  for (const Resource& resource : configurations()) {
    const auto removed = client.remove(resource, "", webhooks::kConfigurationName);
    if (!removed) return complain(err, "cannot delete the " + resource.kind, removed.error());
  }
  return 0;
}

// Server-side apply takes over the one field.
int stop_replicas(cluster::Client& client, const Installation& installation, std::ostream& err) {
  const auto there = client.get(deployments(), installation.ns, installation.deployment);
  if (!there && there.error().kind == Failure::Kind::NotFound) return 0;
  if (!there) return complain(err, "cannot look at the Deployment", there.error());
  const nlohmann::json wanted = {{"apiVersion", "apps/v1"},
                                 {"kind", "Deployment"},
                                 {"metadata", {{"name", installation.deployment}}},
                                 {"spec", {{"replicas", 0}}}};
  const auto stopped =
      client.apply(deployments(), installation.ns, installation.deployment, wanted.dump());
  return stopped ? 0 : complain(err, "cannot stop the Deployment", stopped.error());
}

// None where it cannot be told.
std::optional<std::int64_t> replicas_left(cluster::Client& client,
                                          const Installation& installation) {
  const auto deployment = client.get(deployments(), installation.ns, installation.deployment);
  if (!deployment && deployment.error().kind == Failure::Kind::NotFound) return 0;
  if (!deployment) return std::nullopt;
  const json::Value root = deployment->root();
  const bool is_old = root.at("status.observedGeneration").integer_or(0) <
                      root.at("metadata.generation").integer_or(0);
  if (is_old) return std::nullopt;
  return root.at("status.replicas").integer_or(0) +
         root.at("status.terminatingReplicas").integer_or(0);
}

bool waits_until_gone(cluster::Client& client, const Installation& installation, const Rest& rest) {
  for (std::chrono::milliseconds waited{0}; waited < kGateOpening; waited += kGateLook) {
    if (replicas_left(client, installation) == 0) return true;
    rest(kGateLook);
  }
  return false;
}

std::string hopeless_class() {
  constexpr std::string_view kFamily = "csi.storage.k8s.io/node-publish-secret-";
  return nlohmann::json{{"apiVersion", "storage.k8s.io/v1"},
                        {"kind", "StorageClass"},
                        {"metadata", {{"name", "pxguard-proof"}}},
                        {"provisioner", "pxd.portworx.com"},
                        // PXS607: no namespace has the name of a claim.
                        {"parameters",
                         {{std::string(kFamily) + "name", "px-user-token"},
                          {std::string(kFamily) + "namespace", "${pvc.name}"}}}}
      .dump();
}

}  // namespace

int open_gate(cluster::Client& client, const Installation& installation, const Rest& rest,
              std::ostream& out, std::ostream& err) {
  if (const int status = remove_configurations(client, err); status != 0) return status;
  if (const int status = stop_replicas(client, installation, err); status != 0) return status;
  const bool is_gone = waits_until_gone(client, installation, rest);
  if (const int status = remove_configurations(client, err); status != 0) return status;
  if (!is_gone) {
    err << "webhooks: a replica of pxguard still runs: it may make its configurations again\n";
    return kUnavailable;
  }
  out << "the gate is open: no request is sent to pxguard\n";
  return 0;
}

int prove_denial(cluster::Client& client, std::ostream& out, std::ostream& err) {
  const Resource classes = {.group = "storage.k8s.io",
                            .plural = "storageclasses",
                            .kind = "StorageClass",
                            .is_namespaced = false};
  const auto made = client.create(classes, "", hopeless_class(), cluster::Effect::None);
  if (made) {
    err << "webhooks: a StorageClass that no Portworx can use was accepted: the gate is open\n";
    return kFindings;
  }
  const std::string& message = made.error().message;
  const bool is_ours = message.find(webhooks::kEnforce) != std::string::npos &&
                       message.find("PXS607") != std::string::npos;
  if (!is_ours) return complain(err, "this is no refusal by pxguard", made.error());
  out << "refused by pxguard, as it should be: PXS607\n";
  return 0;
}

}  // namespace pxguard::cli
