// PXS113: A setting of PX-Security stands where nobody reads it: Portworx's on Stork or a sidecar,
// Stork's on Portworx.
#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::misplaced_auth_variable {
namespace {

using model::AuthKey;
using model::Container;
using model::EnvList;
using model::EnvVar;
using model::FieldPath;
using model::PortworxConfig;
using model::Setting;

// Where a setting is read, and whether it is there.
struct RightPlace {
  std::string_view name;
  bool has_it = false;
};

Finding misplaced(FieldPath at, std::string_view name, std::string_view where,
                  const RightPlace& right) {
  return {.at = std::move(at),
          .severity = right.has_it ? Severity::Warning : Severity::Error,
          .found = std::string(name) + " in " + std::string(where),
          .want = right.has_it ? "only that in " + std::string(right.name)
                               : "the same in " + std::string(right.name),
          .reference = std::string(name)};
}

// The entry that counts, unless it sets nothing.
const EnvVar* written(const EnvList& list, std::string_view name) {
  const EnvVar* entry = list.last(name);
  const bool is_nothing =
      entry != nullptr && entry->kind() == EnvVar::Kind::Literal && !entry->has_literal();
  return is_nothing ? nullptr : entry;
}

// In Portworx's image it runs pxctl, and may read any variable for that; so may a script.
bool is_job(const model::Object& object) {
  return object.kind() == "Job" || object.kind() == "CronJob";
}

// --- Portworx's settings elsewhere ------------------------------------------------------------

RightPlace place_of(AuthKey key, const ContextBase& context) {
  const auto lookup = context.view.portworx(context.object);
  const PortworxConfig* portworx = lookup.get();
  if (portworx == nullptr) return {"the container of Portworx"};
  const bool has_it = !portworx->effective(key).is_absent();
  if (!portworx->storage_cluster()) return {"the container of Portworx", has_it};
  return {portworx->is_written_by_user() ? "spec.env" : "spec.security", has_it};
}

void find_portworx_variables(const EnvList& list, std::string_view where,
                             const ContextBase& context, Findings& findings) {
  for (const model::AuthName& name : model::kAuthNames) {
    const EnvVar* entry = written(list, name.variable);
    if (entry == nullptr) continue;
    findings.push_back(misplaced(entry->path(), name.variable, where, place_of(name.key, context)));
  }
}

void find_portworx_arguments(const Container& container, std::string_view where,
                             const ContextBase& context, Findings& findings) {
  for (const model::Argument& argument : model::read_arguments(container.words())) {
    if (!argument.key) continue;
    findings.push_back(misplaced(argument.path, model::auth_name(*argument.key).argument, where,
                                 place_of(*argument.key, context)));
  }
}

// --- Stork's settings on Portworx -------------------------------------------------------------

const Setting& setting_of_stork(const model::StorkConfig& stork, std::string_view name) {
  return name == model::kStorkIssuerEnv ? stork.issuer() : stork.shared_secret();
}

// The operator gives Stork both where it manages security.
RightPlace place_of(std::string_view name, const PortworxConfig& portworx,
                    const ContextBase& context) {
  const auto storks = context.view.storks(portworx.object()).configs;
  const bool by_operator = !portworx.is_written_by_user();
  const bool has_it =
      std::any_of(storks.begin(), storks.end(), [&](const model::StorkConfig* stork) {
        return (by_operator && stork->is_part_of_storage_cluster()) ||
               !setting_of_stork(*stork, name).is_absent();
      });
  if (!portworx.storage_cluster()) return {"the container of Stork", has_it};
  return {by_operator ? "Stork, which the operator gives it" : "spec.stork.env", has_it};
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  const bool is_cluster = portworx.storage_cluster().has_value();
  const bool is_script = !is_cluster && !portworx.arguments_need().empty();
  if (is_script) return {};
  Findings findings;
  for (const std::string_view name : {model::kSharedSecretEnv, model::kStorkIssuerEnv}) {
    const RightPlace right = place_of(name, portworx, context);
    for (const auto& list : env_lists(portworx)) {
      const EnvVar* entry = written(*list, name);
      if (entry == nullptr) continue;
      findings.push_back(misplaced(entry->path(), name,
                                   is_cluster ? "the variables of Portworx" : "Portworx", right));
    }
  }
  return findings;
}

// --- What stands beside -----------------------------------------------------------------------

Findings on_workload(const model::Workload& workload, const Context<model::Workload>& context) {
  const auto storks = model::StorkConfig::of(workload, context.view);
  std::map<const EnvList*, const model::StorkConfig*> stork_of;
  for (const model::StorkConfig& stork : storks) stork_of.emplace(&stork.env(), &stork);
  const bool has_stork = !storks.empty() && storks.front().is_stork();
  if ((!runs_portworx(workload) && !has_stork) || is_job(workload.object())) return {};
  Findings findings;
  for (const Container& container : workload.containers()) {
    if (is_portworx(workload, container)) continue;
    const auto stork = stork_of.find(&container.env());
    // Autopilot's own variables are not published.
    if (stork != stork_of.end() && !stork->second->is_stork()) continue;
    const std::string where = "container " + printable(container.name(), 80);
    find_portworx_variables(container.env(), where, context, findings);
    if (stork != stork_of.end()) find_portworx_arguments(container, where, context, findings);
  }
  return findings;
}

Findings on_storage_cluster(const model::StorageCluster& cluster,
                            const Context<model::StorageCluster>& context) {
  if (!cluster.is_stork_enabled()) return {};
  Findings findings;
  find_portworx_variables(
      EnvList::read(cluster.spec()["stork"]["env"], {}, FieldPath{"spec", "stork"}),
      "spec.stork.env", context, findings);
  return findings;
}

constexpr Check kChecks[] = {on_portworx, on_workload, on_storage_cluster};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS113",
    .name = "misplaced-auth-variable",
    .title = "A setting of PX-Security stands where nobody reads it",
    .rationale =
        "Portworx reads PORTWORX_AUTH_*, Stork PX_SHARED_SECRET and PX_JWT_ISSUER; elsewhere they "
        "have no effect, and whoever reads the manifest believes they do.",
    .fix = "Move the setting to the container that reads it, or remove it where it stands.",
    .by_hand =
        "kubectl get pods -A -l 'name in (portworx,stork)' -o jsonpath=\"{range "
        ".items[*].spec['initContainers','containers'][*]}{.name}: "
        "{.env[*].name}{'\\n'}{end}\" | sort -u",
    .source =
        "Portworx documentation, PX-Security on Kubernetes clusters; stork "
        "drivers/volume/portworx/portworx.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::misplaced_auth_variable
