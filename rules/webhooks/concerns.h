// Which objects concern Portworx, Stork or Autopilot, by what can be seen of them before pxguard is
// asked: signs that hold whatever an installation calls its objects.
//
// Threads: safe.
#pragma once

#include "rules/policy/policy.h"
#include "rules/webhooks/predicate.h"

namespace pxguard::webhooks {

// Resources that are judged by the same views, and sent on the same signs.
enum class Class {
  Workloads,
  StorageClusters,
  Secrets,
  StorageClasses,
  SnapshotClasses,
  StorkObjects
};
inline constexpr Class kClasses[] = {Class::Workloads,       Class::StorageClusters,
                                     Class::Secrets,         Class::StorageClasses,
                                     Class::SnapshotClasses, Class::StorkObjects};

// Whether the rule looks at objects of the class.
[[nodiscard]] bool judges(const rules::Rule& rule, Class objects);

// Of one version of an object of the class: it shows a sign. Everything of some classes does.
[[nodiscard]] Predicate shows_sign(Class objects, const policy::Policy& policy);

// What the signs cannot show, a sentence each, for the classes given.
[[nodiscard]] std::vector<std::string> blind_spots(const std::vector<Class>& classes);

// What may never be refused by this policy, whoever sends it: trusted controllers, what Kubernetes
// cleans up, what a controller makes from a template, what a StorageCluster controls, and what is
// being deleted. Both versions count: a controller that lets go of a Pod tries until it may.
[[nodiscard]] Predicate is_only_advised(const policy::Policy& policy);
// What is never repaired: the same, and every Pod, ReplicaSet and Job of a controller.
[[nodiscard]] Predicate is_never_repaired(const policy::Policy& policy);

}  // namespace pxguard::webhooks
