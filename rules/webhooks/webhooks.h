// The webhook configurations that a policy needs, computed from the rules that are on: which
// requests the API server sends, to which entry, and what happens to them where nobody answers.
//
// One request goes to one entry of `validate`. enforce gets what may be refused; advise gets what
// is only ever warned about, so that nodes reboot, the operator goes on and deleted objects go away
// while every pxguard is dead. mutate exists where the policy repairs anything.
//
//   const Configurations wanted = configurations_for(policy, "pxguard");
//   for (const std::string& object : to_objects(wanted, client)) apply(object);   // JSON, in order
//
// Threads: safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/policy/policy.h"
#include "rules/webhooks/predicate.h"

namespace pxguard::webhooks {

inline constexpr std::string_view kConfigurationName = "pxguard";
inline constexpr std::string_view kEnforce = "enforce.pxguard.io";
inline constexpr std::string_view kAdvise = "advise.pxguard.io";
inline constexpr std::string_view kMutate = "mutate.pxguard.io";

// Resources of one group that are sent on the same operations.
struct ResourceRule {
  std::string group{};  // "" for the core group
  Words versions{};
  Words resources{};
  Words operations{};
  bool is_namespaced = true;
};

struct Condition {
  std::string name;
  Predicate predicate;
};

enum class FailurePolicy { Ignore, Fail };

struct Entry {
  std::string_view name;
  std::string_view path;  // of the URL: "/validate", "/mutate"
  FailurePolicy failure_policy = FailurePolicy::Ignore;
  int timeout_seconds = 1;
  std::vector<ResourceRule> rules{};
  std::vector<Condition> conditions{};  // all of them must hold
};

struct Configurations {
  std::vector<Entry> validating{};   // enforce, advise; without rules to enforce, or any, fewer
  std::vector<Entry> mutating{};     // mutate, or none
  std::string excluded_namespace{};  // pxguard's own; "" where it runs outside the cluster
  std::vector<std::string> blind_spots{};  // what the conditions cannot see, a sentence each
};

// `own_namespace`: where pxguard runs; it must come up while it is down. "" outside the cluster.
[[nodiscard]] Configurations configurations_for(const policy::Policy& policy,
                                                std::string own_namespace);

// How the API server reaches pxguard.
struct Client {
  std::string service_namespace = "pxguard";
  std::string service_name = "pxguard";
  int service_port = 8443;
  std::string url{};        // instead of the Service, without path: "https://pxguard.example:8443"
  std::string ca_bundle{};  // PEM. "" is left out: whoever applies it leaves the live one alone
};

// A ValidatingWebhookConfiguration and, where something is repaired, a
// MutatingWebhookConfiguration: JSON text each, the same bytes for the same input.
[[nodiscard]] std::vector<std::string> to_objects(const Configurations& configurations,
                                                  const Client& client);

// Whether the API server would send the request to this entry: one of its rules fits, the
// namespace is not pxguard's own, and every condition holds.
struct Target {
  std::string_view group;
  std::string_view ns;           // "" of cluster-scoped objects
  std::string_view subresource;  // "" or "ephemeralcontainers"
};
[[nodiscard]] bool is_sent(const Configurations& configurations, const Entry& entry,
                           const Request& request, const Target& target);

}  // namespace pxguard::webhooks
