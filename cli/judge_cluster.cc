#include "cli/judge_cluster.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "cli/read_policy.h"
#include "rules/policy/evaluate.h"

namespace pxguard::cli {
namespace {

using cluster::State;
using policy::Mode;

// Controllers whose templates are read, or come from what is read. A pod of any other is judged.
constexpr std::array<std::string_view, 6> kTemplateOwners = {
    "DaemonSet", "ReplicaSet", "StatefulSet", "Job", "StorageCluster", "Deployment"};

bool is_made_from_judged(const model::Object& object) {
  const auto owner = object.controller();
  if (!owner) return false;
  if (object.kind() == "Job") return owner->kind == "CronJob";
  return object.kind() == "Pod" && std::find(kTemplateOwners.begin(), kTemplateOwners.end(),
                                             owner->kind) != kTemplateOwners.end();
}

// The whole decision of admission for those that might be refused: it knows of owners, of absent
// partners and of leaders that are only warned about.
bool would_be_refused(const model::Object& object, const policy::Verdict& verdict,
                      const ClusterToJudge& cluster) {
  const bool might = std::any_of(
      verdict.findings.begin(), verdict.findings.end(),
      [](const policy::Judged& judged) { return judged.action == rules::Action::Deny; });
  return might &&
         !evaluate({.object = object}, cluster.view, cluster.policy, cluster.now, Mode::Admission)
              .allowed;
}

std::string name_of(const cluster::Resource& resource) {
  return resource.group.empty() ? resource.plural : resource.plural + '.' + resource.group;
}

std::string unread_kind(const cluster::KindStatus& kind) {
  const std::string& name = kind.resource.kind;
  if (kind.state == State::Forbidden) {
    return fmt::format("{}: forbidden; grant get, list and watch on {}", name,
                       name_of(kind.resource));
  }
  if (kind.state == State::NotYet) return name + ": not read yet";
  if (kind.state == State::Failed) return fmt::format("{}: {}", name, printable(kind.why, 300));
  return fmt::format("{}: {} of them could not be understood", name, kind.not_understood);
}

std::string unread_secret(const cluster::SecretStatus& secret) {
  const std::string name =
      fmt::format("Secret {}/{}", printable(secret.ns, 253), printable(secret.name, 253));
  if (secret.state == State::Forbidden) {
    return fmt::format(
        "{}: forbidden; grant get on it by resourceNames, or take it out of the "
        "policy's secrets",
        name);
  }
  if (secret.state == State::NotYet) return name + ": not read yet";
  return fmt::format("{}: {}", name, printable(secret.why, 300));
}

bool is_unread(State state) {
  return state == State::Forbidden || state == State::Failed || state == State::NotYet;
}

}  // namespace

std::vector<const model::Object*> judged_objects(const cluster::Snapshot& snapshot) {
  std::vector<const model::Object*> objects = snapshot.objects();
  std::erase_if(objects, [](const model::Object* object) { return is_made_from_judged(*object); });
  return objects;
}

std::vector<std::string> unread_parts(const cluster::Snapshot& snapshot) {
  std::vector<std::string> parts;
  for (const cluster::KindStatus& kind : snapshot.kinds()) {
    if (is_unread(kind.state) || kind.not_understood > 0) parts.push_back(unread_kind(kind));
  }
  for (const cluster::SecretStatus& secret : snapshot.secrets()) {
    if (is_unread(secret.state)) parts.push_back(unread_secret(secret));
  }
  if (const std::size_t more = snapshot.secrets_left_out(); more > 0) {
    parts.push_back(fmt::format(
        "{} Secrets of the policy's list are not read: {} in all are; take names out of it, or "
        "write NAMESPACE/NAME",
        more, limits::kSecretsInView));
  }
  return parts;
}

report::Report judge_cluster(const ClusterToJudge& cluster) {
  report::Report report;
  report::Cluster about{.server = cluster.server, .kubernetes = cluster.kubernetes};
  const report::LineOf no_lines = [](std::string_view, int) { return std::string_view(); };
  const auto objects = judged_objects(cluster.snapshot);
  for (const model::Object* object : objects) {
    policy::Verdict verdict =
        evaluate({.object = *object}, cluster.view, cluster.policy, cluster.now, Mode::Check);
    if (would_be_refused(*object, verdict, cluster)) ++about.refused;
    report.add(*object, std::move(verdict), no_lines);
  }
  for (std::string& part : unread_parts(cluster.snapshot))
    report.add(report::Problem{.message = std::move(part)});
  if (cluster.snapshot.portworx_namespaces().empty()) report.set_unrelated();
  report.set_cluster(std::move(about));
  report.finish(0, objects.size(), enabled_rules(cluster.policy));
  return report;
}

}  // namespace pxguard::cli
