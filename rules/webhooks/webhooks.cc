#include "rules/webhooks/webhooks.h"

#include <algorithm>
#include <utility>

#include "rules/catalogue.h"
#include "rules/webhooks/concerns.h"

namespace pxguard::webhooks {
namespace {

using rules::Action;

Words writes() { return {"CREATE", "UPDATE"}; }
Words creation() { return {"CREATE"}; }

bool is_on(const policy::Policy& policy, const rules::Rule& rule) {
  const auto entry = policy.rules.find(&rule);
  return entry == policy.rules.end() || entry->second.action != Action::Off;
}

bool may_refuse(const policy::Policy& policy, const rules::Rule& rule) {
  return is_on(policy, rule) && policy.action(rule, rule.severity) == Action::Deny;
}

bool repairs(const policy::Policy& policy, const rules::Rule& rule) {
  const auto entry = policy.rules.find(&rule);
  return entry != policy.rules.end() && entry->second.mutate && is_on(policy, rule);
}

std::vector<Class> classes_of(const policy::Policy& policy,
                              bool (*counts)(const policy::Policy&, const rules::Rule&)) {
  std::vector<Class> classes;
  for (const Class objects : kClasses) {
    const auto all = rules::catalogue();
    if (std::any_of(all.begin(), all.end(), [&](const rules::Rule* rule) {
          return judges(*rule, objects) && counts(policy, *rule);
        })) {
      classes.push_back(objects);
    }
  }
  return classes;
}

bool contains(const std::vector<Class>& classes, Class objects) {
  return std::find(classes.begin(), classes.end(), objects) != classes.end();
}

Words stork_resources() {
  return {"applicationbackups",     "applicationbackupschedules",
          "applicationclones",      "applicationrestores",
          "clusterdomainupdates",   "clusterpairs",
          "groupvolumesnapshots",   "migrations",
          "migrationschedules",     "volumesnapshotrestores",
          "volumesnapshotschedules"};
}

// Conversion finds other versions of the groups that Kubernetes itself serves; of the rest any
// version is taken as it comes.
std::vector<ResourceRule> rules_for(Class objects) {
  switch (objects) {
    case Class::Workloads:
      return {
          {"apps", {"v1"}, {"daemonsets", "deployments", "statefulsets", "replicasets"}, writes()},
          {"batch", {"v1"}, {"jobs", "cronjobs"}, writes()},
          {"", {"v1"}, {"pods", "pods/ephemeralcontainers"}, writes()}};
    // Deleting is judged for Secrets alone (PXS903).
    case Class::Secrets: return {{"", {"v1"}, {"secrets"}, {"CREATE", "UPDATE", "DELETE"}}};
    case Class::StorageClusters:
      return {{"core.libopenstorage.org", {"*"}, {"storageclusters"}, writes()}};
    case Class::StorageClasses:
      return {{"storage.k8s.io", {"v1"}, {"storageclasses"}, writes(), false}};
    case Class::SnapshotClasses:
      return {
          {"snapshot.storage.k8s.io", {"*"}, {"volumesnapshotclasses"}, writes(), false},
          {"groupsnapshot.storage.k8s.io", {"*"}, {"volumegroupsnapshotclasses"}, writes(), false}};
    case Class::StorkObjects:
      return {{"stork.libopenstorage.org", {"*"}, stork_resources(), writes()},
              {"volumesnapshot.external-storage.k8s.io", {"*"}, {"volumesnapshots"}, writes()}};
  }
  return {};
}

// Pods and Jobs cannot be repaired once they are there, and classes are immutable.
std::vector<ResourceRule> repairable(Class objects) {
  switch (objects) {
    case Class::Workloads:
      return {
          {"apps", {"v1"}, {"daemonsets", "deployments", "statefulsets", "replicasets"}, writes()},
          {"batch", {"v1"}, {"cronjobs"}, writes()},
          {"batch", {"v1"}, {"jobs"}, creation()},
          {"", {"v1"}, {"pods"}, creation()}};
    case Class::Secrets: return {{"", {"v1"}, {"secrets"}, writes()}};
    case Class::StorageClasses:
    case Class::SnapshotClasses: {
      auto rules = rules_for(objects);
      for (ResourceRule& rule : rules) rule.operations = creation();
      return rules;
    }
    default: return rules_for(objects);
  }
}

Words resources_of(Class objects) {
  Words names;
  for (const ResourceRule& rule : rules_for(objects)) {
    for (const std::string& resource : rule.resources) {
      if (resource.find('/') == std::string::npos) names.push_back(resource);
    }
  }
  return names;
}

// An object of a class that is sent without a look at it, or one that shows a sign in either
// version: an update that takes the signs of Portworx away is one to judge.
Predicate concerns_portworx(const std::vector<Class>& classes, const policy::Policy& policy) {
  Words whole;
  std::vector<Predicate> parts;
  for (const Class objects : classes) {
    const Words names = resources_of(objects);
    const Predicate sign = shows_sign(objects, policy);
    const bool is_always_shown = sign.form == Predicate::Form::All && sign.parts.empty();
    if (is_always_shown) {
      whole.insert(whole.end(), names.begin(), names.end());
    } else {
      parts.push_back(all({resource_is(names), any_version(sign)}));
    }
  }
  if (!whole.empty()) parts.insert(parts.begin(), resource_is(std::move(whole)));
  return any(std::move(parts));
}

template <class Rules>
std::vector<ResourceRule> collect(const std::vector<Class>& classes, Rules rules) {
  std::vector<ResourceRule> all;
  for (const Class objects : classes) {
    const auto some = rules(objects);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

FailurePolicy failure_policy_of(const policy::Policy& policy) {
  return policy.failure_policy == "Ignore" ? FailurePolicy::Ignore : FailurePolicy::Fail;
}

Entry enforce(const std::vector<Class>& refused, const policy::Policy& policy) {
  return {.name = kEnforce,
          .path = "/validate",
          .failure_policy = failure_policy_of(policy),
          .timeout_seconds = 2,
          .rules = collect(refused, rules_for),
          .conditions = {{"concerns-portworx", concerns_portworx(refused, policy)},
                         {"may-be-refused", negation(is_only_advised(policy))}}};
}

// What enforce gets is not sent a second time.
Entry advise(const std::vector<Class>& judged, const std::vector<Class>& refused,
             const policy::Policy& policy) {
  Entry entry{.name = kAdvise,
              .path = "/validate",
              .rules = collect(judged, rules_for),
              .conditions = {{"concerns-portworx", concerns_portworx(judged, policy)}}};
  Words never_refused;
  for (const Class objects : judged) {
    if (contains(refused, objects)) continue;
    const Words names = resources_of(objects);
    never_refused.insert(never_refused.end(), names.begin(), names.end());
  }
  if (refused.empty()) return entry;
  Predicate advised = is_only_advised(policy);
  if (!never_refused.empty()) advised = any({resource_is(std::move(never_refused)), advised});
  entry.conditions.push_back({"only-advised", std::move(advised)});
  return entry;
}

Entry mutate(const std::vector<Class>& repaired, const policy::Policy& policy) {
  return {.name = kMutate,
          .path = "/mutate",
          .rules = collect(repaired, repairable),
          .conditions = {{"concerns-portworx", concerns_portworx(repaired, policy)},
                         {"may-be-repaired", negation(is_never_repaired(policy))}}};
}

bool fits(const ResourceRule& rule, const Request& request, const Target& target) {
  const auto has = [](const Words& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  std::string resource(request.resource);
  if (!target.subresource.empty()) resource += '/' + std::string(target.subresource);
  return rule.group == target.group && has(rule.resources, resource) &&
         has(rule.operations, request.operation) && rule.is_namespaced != target.ns.empty();
}

}  // namespace

Configurations configurations_for(const policy::Policy& policy, std::string own_namespace) {
  const auto judged = classes_of(policy, is_on);
  const auto refused = classes_of(policy, may_refuse);
  const auto repaired = classes_of(policy, repairs);
  Configurations wanted;
  if (!refused.empty()) wanted.validating.push_back(enforce(refused, policy));
  if (!judged.empty()) wanted.validating.push_back(advise(judged, refused, policy));
  if (!repaired.empty()) wanted.mutating.push_back(mutate(repaired, policy));
  wanted.excluded_namespace = std::move(own_namespace);
  wanted.blind_spots = blind_spots(judged);
  return wanted;
}

bool is_sent(const Configurations& configurations, const Entry& entry, const Request& request,
             const Target& target) {
  if (!target.ns.empty() && target.ns == configurations.excluded_namespace) return false;
  return std::any_of(entry.rules.begin(), entry.rules.end(),
                     [&](const ResourceRule& rule) { return fits(rule, request, target); }) &&
         std::all_of(entry.conditions.begin(), entry.conditions.end(),
                     [&](const Condition& c) { return c.predicate.holds(request); });
}

}  // namespace pxguard::webhooks
