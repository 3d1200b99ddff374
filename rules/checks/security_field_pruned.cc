// PXS503: A field of PX-Security that the API server drops without a word, since the CRD of
// StorageClusters does not have it there.
//
// A file shows such a field. A live object never does: pruning comes before admission, and what
// was asked for is seen in the annotation of kubectl apply alone.
#include <string>
#include <string_view>

#include "rules/checks/shared/security_values.h"
#include "rules/rule.h"

namespace pxguard::rules::security_field_pruned {
namespace {

using model::FieldPath;
using model::StorageCluster;

// Below spec.
struct Misplaced {
  std::string_view written;
  std::string_view meant;
};

constexpr Misplaced kMisplaced[] = {
    {"security.auth.tokenLifetime", "security.auth.selfSigned.tokenLifetime"},
    {"security.auth.issuer", "security.auth.selfSigned.issuer"},
    {"security.auth.sharedSecret", "security.auth.selfSigned.sharedSecret"},
    {"security.tokenLifetime", "security.auth.selfSigned.tokenLifetime"},
    {"security.guestAccess", "security.auth.guestAccess"},
    {"security.selfSigned", "security.auth.selfSigned"},
    {"auth", "security.auth"},
};
constexpr std::string_view kAuthEnabled = "security.auth.enabled";
constexpr std::string_view kTls = "security.tls";

FieldPath path_below_spec(std::string_view dotted) {
  FieldPath path{"spec"};
  for (std::size_t dot = dotted.find('.'); dot != std::string_view::npos; dot = dotted.find('.')) {
    path = path.key(dotted.substr(0, dot));
    dotted.remove_prefix(dot + 1);
  }
  return path.key(dotted);
}

// Where the fields stand: in the object, or in what was applied.
struct Spec {
  json::Value spec;
  bool is_applied = false;  // the annotation
  json::Value live{};       // what the API server made of it

  [[nodiscard]] FieldPath path(std::string_view dotted) const {
    return is_applied ? FieldPath{"metadata", "annotations"}.key(model::kLastApplied)
                      : path_below_spec(dotted);
  }
  [[nodiscard]] bool is_on() const { return spec["security"]["enabled"].boolean_or(false); }
};

// All that was asked for is there by now, wherever it came from.
bool agrees(json::Value asked, json::Value live) {
  if (!asked.is_object()) return asked.is_string() && asked.text() == live.text();
  for (const auto& [key, member, node] : asked.members()) {
    if (!agrees(member, live[key])) return false;
  }
  return true;
}

Finding pruned(const Spec& spec, std::string_view field, std::string want) {
  return {.at = spec.path(field),
          .found = (spec.is_applied ? "applied: spec." : "spec.") + std::string(field),
          .want = std::move(want),
          .at_admission = Action::Warn,
          .reference = std::string(field)};
}

// A text that names something, to where it counts. What is longer may be a key in a wrong field.
Repair move_to(const Spec& spec, std::string_view written, std::string_view meant) {
  constexpr std::size_t kLongestName = 63;
  const json::Value value = spec.spec.at(written);
  const bool is_name = value.is_string() && !value.text().empty() &&
                       value.text().size() <= kLongestName &&
                       value.text().find_first_of(" \t\r\n${") == std::string_view::npos;
  if (spec.is_applied || !is_name || spec.spec.at(meant)) return {};
  return {{Edit::add(path_below_spec(meant), value.text()), Edit::remove(path_below_spec(written))},
          Repair::Use::Files};
}

void find_misplaced(const Spec& spec, Findings& findings) {
  for (const auto& [written, meant] : kMisplaced) {
    const json::Value value = spec.spec.at(written);
    if (!value) continue;
    if (spec.is_applied && (spec.live.at(written) || agrees(value, spec.live.at(meant)))) continue;
    findings.push_back(pruned(spec, written, "spec." + std::string(meant)));
    findings.back().repair = move_to(spec, written, meant);
  }
}

void find_switch(const Spec& spec, Findings& findings) {
  const json::Value value = spec.spec.at(kAuthEnabled);
  if (!value || !spec.is_on()) return;
  if (spec.is_applied &&
      (spec.live.at(kAuthEnabled) || !spec.live["security"]["enabled"].boolean_or(false)))
    return;
  const bool is_wanted = value.boolean_or(true);
  Finding finding =
      pruned(spec, kAuthEnabled, "no such field; spec.security.enabled is the switch");
  finding.found += is_wanted ? ": true" : ": false, and spec.security.enabled: true";
  if (is_wanted) {
    finding.severity = Severity::Info;
    finding.why = "It changes nothing: spec.security.enabled alone turns authorization on.";
  } else {
    finding.message = "Authorization stays on although security.auth.enabled is false";
    finding.fix =
        "Set spec.security.enabled to false, or say crds: master in the policy where the CRDs have "
        "the field.";
  }
  findings.push_back(std::move(finding));
}

void find_tls(const Spec& spec, Findings& findings) {
  const json::Value tls = spec.spec.at(kTls);
  if (tls.empty() || !tls["enabled"].boolean_or(true)) return;
  if (spec.is_applied && spec.live.at(kTls)) return;
  Finding finding = pruned(spec, kTls, "no such block, or CRDs that have it (crds: master)");
  finding.severity = Severity::Warning;
  finding.message = "spec.security.tls is dropped by the API server";
  finding.why = "Only unreleased CRDs of the operator have the block: the API stays without TLS.";
  finding.fix = "Remove the block, or say crds: master in the policy where the CRDs have it.";
  findings.push_back(std::move(finding));
}

void find_all(const Spec& spec, const ContextBase& context, Findings& findings) {
  find_misplaced(spec, findings);
  if (context.settings.crds_master) return;
  find_switch(spec, findings);
  find_tls(spec, findings);
}

Findings on_storage_cluster(const StorageCluster& cluster, const Context<StorageCluster>& context) {
  Findings findings;
  if (context.moment == Moment::Report) find_all({.spec = cluster.spec()}, context, findings);
  const std::string_view applied = cluster.object().annotation(model::kLastApplied);
  if (applied.empty()) return findings;
  const auto document = json::Document::parse(applied);
  if (!document) return findings;
  const Spec spec{.spec = document->root()["spec"], .is_applied = true, .live = cluster.spec()};
  find_all(spec, context, findings);
  return findings;
}

constexpr Check kChecks[] = {on_storage_cluster};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS503",
    .name = "security-field-pruned",
    .title = "A field of PX-Security stands where the CRD has no such field",
    .rationale =
        "The API server drops it in silence, and the default counts instead of what was written.",
    .fix =
        "Move the value to the field that is wanted: selfSigned has tokenLifetime, issuer and "
        "sharedSecret, auth has guestAccess.",
    .by_hand = "kubectl explain storagecluster.spec.security --recursive",
    .source =
        "CRD of core.libopenstorage.org/v1, releases 1.4 to 24.1 and helm charts to 9.1; "
        "Kubernetes pruning.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::security_field_pruned
