// PXS306: The operator cannot split portworx.io/misc-args, and drops all of it.
#include "rules/model/arguments.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::misc_args_unparseable {
namespace {

Findings on_storage_cluster(const model::StorageCluster& cluster,
                            const Context<model::StorageCluster>&) {
  if (model::read_misc_args(cluster.object().annotation(model::kMiscArgs))) return {};
  return {{.at = model::FieldPath{"metadata", "annotations"}.key(model::kMiscArgs),
           .found = "a quote that is not closed, or a backslash at the end",
           .want = "arguments that a shell can split"}};
}

constexpr Check kChecks[] = {on_storage_cluster};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS306",
    .name = "misc-args-unparseable",
    .title = "Arguments in portworx.io/misc-args cannot be split",
    .rationale =
        "The operator drops all of them with nothing but a line in its log: issuer, OIDC and "
        "cluster domain are lost.",
    .fix = "Close every quote, and double a backslash that is meant as such.",
    .by_hand =
        "kubectl get storagecluster -A -o "
        "jsonpath='{.items[*].metadata.annotations.portworx\\.io/misc-args}' | python3 -c "
        "'import shlex, sys; shlex.split(sys.stdin.read())'",
    .source =
        "operator drivers/storage/portworx/util/util.go and deployment.go: a quoting error drops "
        "all misc-args.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::misc_args_unparseable
