// PXS907: Nodes of one cluster would not all be secured alike, or not at the same time.
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/partner.h"
#include "rules/checks/shared/running_pods.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::uneven_auth_rollout {
namespace {

using model::AuthKey;
using model::EnvList;
using model::FieldPath;
using model::PortworxConfig;
using model::Sameness;
using model::Security;
using model::Setting;

// Absent is a value as well: a node without the key is no part of the secured cluster.
Sameness compare_presence(const Setting& a, std::string_view a_ns, const Setting& b,
                          std::string_view b_ns, const ContextBase& context) {
  if (a.is_maybe() || b.is_maybe()) return Sameness::Unknown;
  if (a.is_absent() != b.is_absent()) return Sameness::Different;
  if (a.is_absent()) return Sameness::Same;
  return compare(a, a_ns, b, b_ns, context.view, context.object);
}

Action at_admission(const ContextBase& context) {
  return context.operation == Operation::Update ? Action::Warn : Action::Deny;
}

struct Differences {
  std::vector<std::string> proven;
  std::vector<std::string> likely;  // other references, bytes unknown
};

Differences between(const PortworxConfig& here, const PortworxConfig& there,
                    const ContextBase& context) {
  Differences differences;
  for (const model::AuthName& name : model::kAuthNames) {
    const Setting& a = here.effective(name.key);
    const Setting& b = there.effective(name.key);
    const Sameness sameness =
        compare_presence(a, here.object().id().ns, b, there.object().id().ns, context);
    if (sameness == Sameness::Different) differences.proven.emplace_back(name.variable);
    if (sameness != Sameness::Unknown) continue;
    context.unverified("the values of " + std::string(name.variable) +
                       " on all nodes, to compare them");
    if (a.ref && b.ref && a.is_provided() && b.is_provided())
      differences.likely.emplace_back(name.variable);
  }
  return differences;
}

// Of one cluster, and not the same object in another version.
bool shares_cluster(const PortworxConfig& here, const PortworxConfig& there) {
  const auto& a = here.object().id();
  const auto& b = there.object().id();
  return !there.is_helper() && a.ns == b.ns && a.name != b.name && !here.cluster_id().empty() &&
         here.cluster_id() == there.cluster_id();
}

// A pair is reported once: on the one that has less, else on the second by name.
bool is_reported_here(const PortworxConfig& here, const PortworxConfig& there,
                      const ContextBase& context) {
  if (context.moment == Moment::Admission) return true;
  if (here.security() != there.security()) return here.security() < there.security();
  return here.object().id().name > there.object().id().name;
}

Finding unlike(const PortworxConfig& here, const PortworxConfig& there,
               const Differences& differences, const ContextBase& context) {
  const bool is_proven = !differences.proven.empty();
  const std::string other = named_object(there.object(), context.object);
  return {.at = here.path(),
          .severity = is_proven ? Severity::Error : Severity::Warning,
          .found = join(is_proven ? differences.proven : differences.likely, ", ") +
                   (is_proven ? " unlike " : " from another Secret than ") + other,
          .want = "the same settings of PX-Security in all DaemonSets of cluster " +
                  printable(here.cluster_id(), 80),
          .at_admission = at_admission(context),
          .reference = other};
}

void find_other_daemon_sets(const PortworxConfig& portworx, const ContextBase& context,
                            Findings& findings) {
  for (const model::Object* object : context.view.dependents(portworx.object()).objects) {
    if (object->kind() != "DaemonSet") continue;
    const auto workload = model::Workload::of(*object);
    const auto other = workload ? PortworxConfig::of(*workload, context.view) : std::nullopt;
    if (!other || !shares_cluster(portworx, *other) || !is_reported_here(portworx, *other, context))
      continue;
    const Differences differences = between(portworx, *other, context);
    if (differences.proven.empty() && differences.likely.empty()) continue;
    findings.push_back(unlike(portworx, *other, differences, context));
  }
}

// What the nodes of one entry of spec.nodes get: their own entry, else that of spec.env.
struct NodeSetting {
  Setting setting;
  bool is_own = false;
};

NodeSetting of_node(const EnvList& list, std::string_view name, const Setting& of_cluster,
                    const ContextBase& context) {
  if (list.last(name) == nullptr) return {of_cluster, false};
  return {setting_in(list, name, context), true};
}

Finding on_some_nodes(const Setting& setting, std::string_view name, const ContextBase& context) {
  return {.at = setting.path,
          .message = "Some nodes get another setting of PX-Security than the rest",
          .found = setting.display() + " as " + std::string(name),
          .want = std::string(name) + " in spec.env, the same for all nodes",
          .why = "Which tokens work, and what they may do, depends on the node that is asked.",
          .at_admission = at_admission(context),
          .reference = setting.display()};
}

// All entries of spec.nodes say the same: the rest of the nodes, if there is a rest, is unknown.
bool is_alike_on_all(const std::vector<NodeSetting>& nodes, const ContextBase& context) {
  const std::string_view ns = context.object.id().ns;
  for (const NodeSetting& node : nodes) {
    if (!node.is_own ||
        compare_presence(node.setting, ns, nodes.front().setting, ns, context) != Sameness::Same)
      return false;
  }
  return true;
}

void compare_nodes(const model::AuthName& name, const EnvLists& lists, const ContextBase& context,
                   Findings& findings) {
  const std::string_view ns = context.object.id().ns;
  const Setting of_cluster = setting_in(*lists.front(), name.variable, context);
  std::vector<NodeSetting> nodes;
  for (std::size_t i = 1; i < lists.size(); ++i)
    nodes.push_back(of_node(*lists[i], name.variable, of_cluster, context));
  if (of_cluster.is_absent() && is_alike_on_all(nodes, context)) {
    if (!nodes.front().setting.is_absent())
      context.unverified("the nodes of this cluster, to tell whether spec.nodes covers them all");
    return;
  }
  for (const NodeSetting& node : nodes) {
    if (!node.is_own) continue;
    const Sameness sameness = compare_presence(node.setting, ns, of_cluster, ns, context);
    if (sameness == Sameness::Same) continue;
    if (sameness == Sameness::Unknown) {
      context.unverified("the values of " + std::string(name.variable) +
                         " on all nodes, to compare them");
      if (!node.setting.ref || !of_cluster.ref) continue;
    }
    findings.push_back(on_some_nodes(node.setting, name.variable, context));
    if (sameness == Sameness::Unknown) findings.back().severity = Severity::Warning;
  }
}

// Under spec.security the operator overwrites keys and issuer on every node, and these not.
bool reaches_nodes(AuthKey key) {
  constexpr std::array<AuthKey, 6> kKeys = {AuthKey::UsernameClaim, AuthKey::OidcIssuer,
                                            AuthKey::OidcClientId,  AuthKey::OidcNamespace,
                                            AuthKey::RsaPublicKey,  AuthKey::EcdsPublicKey};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

void find_uneven_nodes(const PortworxConfig& portworx, const ContextBase& context,
                       Findings& findings) {
  const EnvLists lists = env_lists(portworx);
  if (lists.size() < 2) return;
  const bool by_operator = !portworx.is_written_by_user();
  for (const model::AuthName& name : model::kAuthNames) {
    if (by_operator && !reaches_nodes(name.key)) continue;
    const std::size_t before = findings.size();
    compare_nodes(name, lists, context, findings);
    for (std::size_t i = before; by_operator && i < findings.size(); ++i)
      findings[i].severity = Severity::Warning;
  }
}

// Nodes restart when somebody deletes their pod: for that long some are secured and some not.
void find_slow_rollout(const PortworxConfig& portworx, Findings& findings) {
  const json::Value strategy = portworx.object().root()["spec"]["updateStrategy"]["type"];
  if (strategy.text() != "OnDelete") return;
  findings.push_back({.at = FieldPath{"spec", "updateStrategy", "type"},
                      .severity = Severity::Warning,
                      .message = "PX-Security is turned on node by node, by hand",
                      .found = "updateStrategy OnDelete",
                      .want = "updateStrategy RollingUpdate for this change",
                      .why = "A node gets its keys only when its pod is deleted; until then it is "
                             "not secured, and may be kept out.",
                      .reference = "OnDelete",
                      .is_about_change = true});
}

bool gets_other_system_key(const PortworxConfig& old, const PortworxConfig& now,
                           const ContextBase& context) {
  const Setting& a = old.effective(AuthKey::SystemKey);
  const Setting& b = now.effective(AuthKey::SystemKey);
  if (!a.is_provided() || !b.is_provided()) return false;
  const std::string_view ns = now.object().id().ns;
  return compare(a, ns, b, ns, context.view, context.object) == Sameness::Different;
}

bool is_cluster_pair(const model::Object& object) {
  return object.kind() == "ClusterPair" && object.id().group() == "stork.libopenstorage.org";
}

// Pairs may be anybody's, in any namespace: their number is said alone.
void find_cluster_pairs(const PortworxConfig& portworx, bool turns_on, const ContextBase& context,
                        Findings& findings) {
  const auto dependents = context.view.dependents(portworx.object());
  const auto pairs =
      std::count_if(dependents.objects.begin(), dependents.objects.end(),
                    [](const model::Object* object) { return is_cluster_pair(*object); });
  if (pairs == 0) return;
  findings.push_back(
      {.at = portworx.path(),
       .severity = Severity::Warning,
       .message = "ClusterPairs of this cluster hold tokens that end with this change",
       .found = std::string(turns_on ? "PX-Security turned on" : "another system key") + ", and " +
                std::to_string(pairs) + (pairs == 1 ? " ClusterPair" : " ClusterPairs"),
       .want = "new tokens for the peers",
       .why = "The token of a ClusterPair is signed with the system key: peers are refused, and "
              "migrations stop.",
       .fix = "After the rollout run pxctl cluster token reset, and give the peers the new token.",
       .reference = "ClusterPair",
       .is_about_change = true});
}

// While a change rolls out, or where it got stuck, nodes hold old and new keys.
void find_pods_unlike(const PortworxConfig& portworx, const ContextBase& context,
                      Findings& findings) {
  if (context.moment == Moment::Admission) return;
  const auto pods = portworx_pods(portworx, context);
  if (pods.empty()) return;
  const PortworxConfig& wanted = wanted_of_pods(portworx, pods);
  std::set<std::string> names;
  std::size_t count = 0;
  for (const PortworxPod& pod : pods) {
    const Differences differences = between(wanted, pod.config, context);
    names.insert(differences.proven.begin(), differences.proven.end());
    names.insert(differences.likely.begin(), differences.likely.end());
    if (!differences.proven.empty() || !differences.likely.empty()) ++count;
  }
  if (count == 0) return;
  findings.push_back({.at = portworx.path(),
                      .severity = Severity::Warning,
                      .message = "Nodes run with different settings of PX-Security",
                      .found = std::to_string(count) + " of " + std::to_string(pods.size()) +
                               " pods with other " +
                               join(std::vector(names.begin(), names.end()), ", "),
                      .want = "the same settings in all pods",
                      .why = "While a change rolls out, nodes with the old and nodes with the new "
                             "keys refuse each other's tokens.",
                      .fix = "Wait for the rollout, or see why it does not go on: kubectl rollout "
                             "status.",
                      .at_admission = Action::Audit,
                      .reference = "pods"});
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  if (portworx.is_helper()) return {};
  Findings findings;
  find_pods_unlike(portworx, context, findings);
  if (portworx.object().kind() == "DaemonSet") find_other_daemon_sets(portworx, context, findings);
  if (portworx.storage_cluster()) find_uneven_nodes(portworx, context, findings);
  if (context.old == nullptr || portworx.security() != Security::On) return findings;
  const bool turns_on = context.old->security() == Security::Off;
  if (turns_on) find_slow_rollout(portworx, findings);
  if (turns_on || gets_other_system_key(*context.old, portworx, context))
    find_cluster_pairs(portworx, turns_on, context, findings);
  return findings;
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS907",
    .name = "uneven-auth-rollout",
    .title = "Nodes of one cluster are not secured alike",
    .rationale =
        "Portworx keeps a node without the cluster's keys out, and whoever reaches one that asks "
        "for no token is let in.",
    .fix = "Give all nodes the same settings of PX-Security, in one change.",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].env[*]}{.name} {.valueFrom.secretKeyRef}{\"\\n\"}{end}' "
        "| grep AUTH | sort | uniq -c",
    .source =
        "openstorage api/api.proto, StorageNode.SecurityStatus; operator deployment.go, "
        "getEnvList.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::uneven_auth_rollout
