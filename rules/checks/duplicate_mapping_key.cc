// PXS001: A key stands twice in one mapping: the first one is silently lost.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "rules/rule.h"

namespace pxguard::rules::duplicate_mapping_key {
namespace {

constexpr std::size_t kMostReported = 20;
// A place costs a walk through the object: a text made of duplicates must not cost one for each.
constexpr std::size_t kMostLookedAt = 200;

bool starts_with_any(std::string_view path, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [path](std::string_view p) {
    return path == p || (path.starts_with(p) && (path[p.size()] == '.' || path[p.size()] == '['));
  });
}

// `path` stands above `place`, or is it.
bool leads_to(std::string_view path, std::string_view place) {
  return place == path || (place.starts_with(path) && place[path.size()] == '.');
}

bool is_read_in_container(std::string_view path) {
  const std::size_t end = path.find(']');
  if (end == std::string_view::npos) return true;
  const std::string_view inside = path.substr(std::min(end + 2, path.size()));
  return inside.empty() || starts_with_any(inside, {"env", "envFrom", "args", "command", "name"});
}

// Whether a rule reads this place, or a place below it.
bool is_read(const model::Object& object, std::string_view path) {
  if (starts_with_any(path, {"metadata", "kind", "apiVersion", "data", "stringData"}) ||
      path == "spec")
    return true;
  if (model::StorageCluster::of(object)) {
    return starts_with_any(
               path, {"spec.security", "spec.env", "spec.stork", "spec.autopilot", "spec.nodes"}) ||
           path == "spec.image" || path == "spec.version";
  }
  if (!model::Workload::is_workload_kind(object.id())) return false;
  for (const std::string_view spec :
       {"spec", "spec.template.spec", "spec.jobTemplate.spec.template.spec"}) {
    for (const std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
      const std::string place = std::string(spec) + '.' + std::string(list);
      if (leads_to(path, place)) return true;
      if (path.starts_with(place + '[')) return is_read_in_container(path);
    }
  }
  return false;
}

Finding stands_twice(const model::Object& object, const json::Duplicate& duplicate,
                     const model::FieldPath& at) {
  const bool read = is_read(object, at.display());
  const yaml::Mark first = object.mark_of_node(duplicate.first);
  const yaml::Mark last = object.mark_of_node(duplicate.last);
  const std::string lines =
      first.line > 0 ? "lines " + std::to_string(first.line) + " and " + std::to_string(last.line)
                     : "two places";
  return {.at = at,
          .severity = read ? Severity::Warning : Severity::Info,
          .found = "the same key in " + lines,
          .want = "one of them",
          .at_admission = Action::Off,
          .reference = std::to_string(duplicate.first)};
}

// The ones that a rule reads come first, and the last one listed says how many are not.
void shorten(Findings& findings, std::size_t in_object) {
  std::stable_partition(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Severity::Warning;
  });
  if (in_object <= kMostReported) return;
  findings.resize(std::min(findings.size(), kMostReported));
  const std::size_t left_out = in_object - findings.size();
  findings.back().found += "; " + std::to_string(left_out) +
                           (left_out == 1 ? " more key stands" : " more keys stand") + " twice";
}

Findings on_object(const model::Object& object, const Context<model::Object>&) {
  Findings findings;
  std::size_t in_object = 0;
  for (const json::Duplicate& duplicate : object.document().duplicates()) {
    if (!object.contains_node(duplicate.last)) continue;
    if (++in_object > kMostLookedAt) continue;
    findings.push_back(stands_twice(object, duplicate, object.path_of_node(duplicate.last)));
  }
  shorten(findings, in_object);
  return findings;
}

constexpr Check kChecks[] = {on_object};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS001",
    .name = "duplicate-mapping-key",
    .title = "A key stands twice in one mapping",
    .rationale = "Kubernetes keeps the last one and drops the other without a word.",
    .fix = "Remove one of the two; pxguard judged the last, as Kubernetes does.",
    .by_hand = "kubectl label --local -f FILE by-hand=1 -o jsonpath='{.spec.security.enabled}'",
    .source =
        "sigs.k8s.io/yaml: the last of equal keys is kept unless strict decoding is asked for.",
    .since = "0.1",
    .severity = Severity::Warning,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::duplicate_mapping_key
