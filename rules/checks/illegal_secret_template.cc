// PXS607: A reference to a Secret holds a template that nobody replaces.
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules::illegal_secret_template {
namespace {

using model::FieldPath;
using model::TokenReference;

using Names = std::span<const std::string_view>;

// What the sidecars replace: in a namespace all but the last, in a name all of them.
struct Templates {
  Names in_namespace;
  Names in_name;
  bool annotations_in_name = false;
};

constexpr std::string_view kOfVolume[] = {"pv.name", "pvc.namespace", "pvc.name"};
constexpr std::string_view kOfSnapshot[] = {"volumesnapshotcontent.name",
                                            "volumesnapshot.namespace", "volumesnapshot.name"};
constexpr std::string_view kOfGroup[] = {
    "volumegroupsnapshotcontent.name", "volumegroupsnapshot.namespace", "volumegroupsnapshot.name"};

constexpr Templates templates(Names all, bool annotations_in_name = false) {
  return {all.first(2), all, annotations_in_name};
}

bool contains(Names names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_annotation_of_claim(std::string_view name) {
  return name.starts_with("pvc.annotations['") && name.ends_with("']");
}

// ${NAME} in a file: for envsubst or Flux, which put the value in before Kubernetes sees it.
bool is_for_a_renderer(std::string_view name, const ContextBase& context) {
  const std::string_view variable = name.substr(0, name.find(':'));
  return !context.object.file().empty() && !variable.empty() &&
         std::all_of(variable.begin(), variable.end(), [](char c) {
           return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  (c >= '0' && c <= '9');
         });
}

std::vector<std::string_view> templates_in(std::string_view text) {
  std::vector<std::string_view> names;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at)) {
    const std::size_t end = text.find('}', at);
    names.push_back(text.substr(at + 2, end == std::string_view::npos ? end : end - at - 2));
    at = std::min(end, text.size());
  }
  return names;
}

std::string want(Names allowed) {
  std::string text = "a literal";
  for (const std::string_view name : allowed) {
    text += ", ${";
    text += name;
    text += '}';
  }
  return text;
}

class Search {
 public:
  Search(const ContextBase& context, Severity severity) : context_(context), severity_(severity) {}

  void in(const TokenReference& reference, const Templates& allowed) {
    if (reference.ns) in_text(*reference.ns, reference.ns_path, allowed.in_namespace, false);
    if (reference.name)
      in_text(*reference.name, reference.name_path, allowed.in_name, allowed.annotations_in_name);
  }

  Findings take() { return std::move(findings_); }

 private:
  void in_text(std::string_view text, const FieldPath& at, Names allowed, bool annotations) {
    for (const std::string_view name : templates_in(text)) {
      if (contains(allowed, name) || (annotations && is_annotation_of_claim(name))) continue;
      const std::string shown = "${" + printable(name, 60) + '}';
      if (is_for_a_renderer(name, context_)) {
        context_.unverified("the manifest as it is applied, with " + shown + " filled in");
        continue;
      }
      findings_.push_back({.at = at,
                           .severity = severity_,
                           .found = shown,
                           .want = want(allowed),
                           .reference = shown});
    }
  }

  const ContextBase& context_;
  Severity severity_;
  Findings findings_;
};

Findings on_class(const model::StorageClass& storage_class,
                  const Context<model::StorageClass>& context) {
  Search search(context, storage_class.is_csi() ? Severity::Error : Severity::Warning);
  for (const TokenReference& reference : storage_class.references()) {
    if (!storage_class.reads(reference)) continue;
    const bool is_made = reference.operation == "provisioner";
    search.in(reference, storage_class.is_csi() ? templates(kOfVolume, !is_made) : Templates{});
  }
  Findings findings = search.take();
  if (storage_class.is_csi()) return findings;
  for (Finding& finding : findings) {
    finding.message = "An in-tree class holds a template, which is used as it stands";
    finding.fix = "Write the name of the Secret and of its namespace.";
  }
  return findings;
}

Findings on_snapshot_class(const model::SnapshotClass& snapshot_class,
                           const Context<model::SnapshotClass>& context) {
  Search search(context, Severity::Error);
  for (const TokenReference& reference : snapshot_class.references()) {
    if (reference.family != TokenReference::Family::Csi) continue;
    search.in(reference, templates(snapshot_class.is_group() ? Names(kOfGroup) : kOfSnapshot));
  }
  return search.take();
}

Findings on_stork_object(const model::StorkObject& object,
                         const Context<model::StorkObject>& context) {
  if (object.token_source() != model::TokenSource::Annotations || !object.token()) return {};
  Search search(context, Severity::Error);
  search.in(*object.token(), Templates{});
  Findings findings = search.take();
  const std::string& ns = object.object().id().ns;
  for (Finding& finding : findings) {
    finding.fix = "Write the namespace of this object, or that of Portworx, in full.";
    if (!ns.empty() && finding.at.is_copy_of(object.token()->ns_path))
      finding.repair = {{Edit::replace(finding.at, ns)}};
  }
  return findings;
}

constexpr Check kChecks[] = {on_class, on_snapshot_class, on_stork_object};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS607",
    .name = "illegal-secret-template",
    .title = "A reference to a token's Secret holds a template that is not replaced",
    .rationale = "The Secret is looked up by the text of the template, and not found.",
    .fix = "Write the name in full, or a template that is replaced here.",
    .by_hand = "kubectl get sc,volumesnapshotclass -o yaml | grep -n '[$]{'",
    .source =
        "Kubernetes CSI documentation, secrets of StorageClass, VolumeSnapshotClass and "
        "VolumeGroupSnapshotClass; stork drivers/volume/portworx/portworx.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::illegal_secret_template
