// PXS801: A script calls pxctl without a token.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/missing_tokens.h"
#include "rules/checks/shared/repairs.h"
#include "rules/model/portworx_names.h"
#include "rules/model/pxctl_calls.h"
#include "rules/rule.h"

namespace pxguard::rules::pxctl_without_token {
namespace {

using model::FieldPath;
using model::Word;

Finding without_token(const FieldPath& at, const std::string& command) {
  return {.at = at,
          .severity = Severity::Warning,
          .found = "pxctl " + command + " without PXCTL_AUTH_TOKEN or a context",
          .want = "PXCTL_AUTH_TOKEN from secret px-admin-token, key auth-token",
          .reference = "pxctl"};
}

// The operator's token of an administrator, where the pod may read it.
Repair add_token(const model::Workload& workload, const FieldPath& call,
                 const ContextBase& context) {
  const std::string_view home = operator_token_namespace(context);
  if (home.empty() || workload.object().id().ns != home) return {};
  for (const model::Container& container : workload.containers()) {
    const std::string inside = container.path().pointer() + '/';
    if (!call.pointer().starts_with(inside) || container.env().last(model::kPxctlTokenEnv))
      continue;
    return {{Edit::append(container.env().path, model::kPxctlTokenEnv,
                          {std::string(model::kAdminToken), std::string(model::kAuthTokenKey)})}};
  }
  return {};
}

Findings on_workload(const model::Workload& workload, const Context<model::Workload>& context) {
  const auto call = tokenless_pxctl_call(workload, context);
  if (!call || !is_secured(context)) return {};
  Finding finding = without_token(call->path, call->command);
  finding.repair = add_token(workload, call->path, context);
  return {finding};
}

// Whoever runs the script may bring the token.
enum class Runner { None, WithToken, WithoutToken };
Runner runner_of(const model::Object& config_map, const ContextBase& context) {
  const auto portworx = context.view.portworx(config_map);
  Runner answer = Runner::None;
  if (portworx.get() == nullptr) return answer;
  for (const model::Object* object : context.view.dependents(portworx.get()->object()).objects) {
    const auto workload = model::Workload::of(*object);
    if (!workload || object->id().ns != config_map.id().ns) continue;
    if (!workload->mounts_config_map(config_map.id().name)) continue;
    const auto& containers = workload->containers();
    const bool has_token =
        workload->has_secret_injector() ||
        std::any_of(containers.begin(), containers.end(), [](const auto& container) {
          return container.env().last(model::kPxctlTokenEnv) != nullptr ||
                 !container.env().sources.empty() || brings_pxctl_token(container.words());
        });
    if (has_token) return Runner::WithToken;
    answer = Runner::WithoutToken;
  }
  return answer;
}

bool is_script(std::string_view key, std::string_view text) {
  return text.starts_with("#!") || key.ends_with(".sh") || key.ends_with(".bash");
}

Findings on_config_map(const model::Object& object, const Context<model::Object>& context) {
  const bool is_config_map = object.kind() == "ConfigMap" && object.id().group().empty();
  if (!is_config_map || context.moment != Moment::Report) return {};
  Findings findings;
  for (const auto& [key, value, node] : object.root()["data"].members()) {
    if (!is_script(key, value.text())) continue;
    const Word script{std::string(value.text()), FieldPath{"data"}.key(key)};
    const auto call = model::first_pxctl_call({&script, 1});
    if (!call || model::brings_pxctl_token({&script, 1}) || !is_secured(context)) continue;
    const Runner runner = runner_of(object, context);
    if (runner == Runner::None)
      context.unverified("the workload that runs this script, which may bring a token");
    if (runner == Runner::WithoutToken)
      findings.push_back(without_token(call->path, call->command));
  }
  return findings;
}

constexpr Check kChecks[] = {on_workload, on_config_map};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS801",
    .name = "pxctl-without-token",
    .title = "pxctl is called without a token",
    .rationale =
        "Portworx treats the call as a guest's: what an administrator may do is refused, and "
        "everything once guest access is off.",
    .fix =
        "Set PXCTL_AUTH_TOKEN from the Secret px-admin-token, key auth-token, in the namespace of "
        "Portworx.",
    .by_hand =
        "kubectl get cronjobs,jobs,deploy -A -o yaml | grep -oE 'pxctl [a-z]+( "
        "[a-z]+)?|PXCTL_AUTH_TOKEN'",
    .source =
        "Portworx documentation, Use pxctl with security enabled; operator pkg/util/test/util.go.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::pxctl_without_token
