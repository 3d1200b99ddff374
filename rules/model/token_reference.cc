#include "rules/model/token_reference.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rules/model/kinds.h"

namespace pxguard::model {
namespace {

using Family = TokenReference::Family;

enum class Part { Name, Namespace };

struct Key {
  Family family;
  std::string_view operation;
  Part part;
};

std::optional<Key> read_key(std::string_view key) {
  if (key == kAuthSecretName) return Key{Family::OpenStorage, {}, Part::Name};
  if (key == kAuthSecretNamespace) return Key{Family::OpenStorage, {}, Part::Namespace};
  if (!key.starts_with(kCsiPrefix)) return std::nullopt;
  key.remove_prefix(kCsiPrefix.size());
  for (const auto& [suffix, part] :
       {std::pair{std::string_view("-secret-name"), Part::Name},
        std::pair{std::string_view("-secret-namespace"), Part::Namespace}}) {
    if (key.ends_with(suffix) && key.size() > suffix.size()) {
      return Key{Family::Csi, key.substr(0, key.size() - suffix.size()), part};
    }
  }
  return std::nullopt;
}

TokenReference unwritten(const Key& key, const FieldPath& map) {
  const auto path = [&](std::string_view suffix) {
    return map.key(std::string(kCsiPrefix) + std::string(key.operation) + std::string(suffix));
  };
  const bool is_csi = key.family == Family::Csi;
  return {.family = key.family,
          .operation = std::string(key.operation),
          .name_path = is_csi ? path("-secret-name") : map.key(kAuthSecretName),
          .ns_path = is_csi ? path("-secret-namespace") : map.key(kAuthSecretNamespace)};
}

// spec.csi of a PersistentVolume.
void add_volume_references(json::Value csi, std::vector<TokenReference>& references) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kFields = {{
      {"nodePublishSecretRef", "node-publish"},
      {"nodeStageSecretRef", "node-stage"},
      {"controllerPublishSecretRef", "controller-publish"},
      {"controllerExpandSecretRef", "controller-expand"},
      {"nodeExpandSecretRef", "node-expand"},
  }};
  for (const auto& [field, operation] : kFields) {
    const json::Value written = csi[field];
    if (written.empty()) continue;
    const FieldPath path = FieldPath{"spec", "csi"}.key(field);
    const auto text = [&](std::string_view key) {
      const std::string_view value = written[key].text();
      return value.empty() ? std::nullopt : std::optional(std::string(value));
    };
    references.push_back({.family = Family::Csi,
                          .operation = std::string(operation),
                          .name = text("name"),
                          .ns = text("namespace"),
                          .name_path = path.key("name"),
                          .ns_path = path.key("namespace")});
  }
}

}  // namespace

bool TokenReference::is_templated() const {
  const auto has_template = [](const std::optional<std::string>& text) {
    return text && text->find("${") != std::string::npos;
  };
  return has_template(name) || has_template(ns);
}

bool TokenReference::may_mean(std::string_view secret_ns, std::string_view secret_name) const {
  if (name != secret_name) return false;
  return !ns || secret_ns.empty() || ns == secret_ns || ns->find("${") != std::string::npos;
}

std::vector<TokenReference> token_references(json::Value map, const FieldPath& path) {
  std::vector<TokenReference> references;
  for (const auto& [text, value, node] : map.members()) {
    const auto key = read_key(text);
    if (!key) continue;
    auto known = std::find_if(references.begin(), references.end(), [&](const auto& reference) {
      return reference.family == key->family && reference.operation == key->operation;
    });
    if (known == references.end())
      known = references.insert(references.end(), unwritten(*key, path));
    if (value.text().empty()) continue;
    (key->part == Part::Name ? known->name : known->ns) = std::string(value.text());
  }
  return references;
}

std::vector<TokenReference> token_references(const Object& object) {
  const std::string_view kind = object.kind();
  const auto of_annotations = [&object] {
    return token_references(object.metadata()["annotations"], FieldPath{"metadata", "annotations"});
  };
  if (kind == "StorageClass" || kind == "VolumeSnapshotClass" ||
      kind == "VolumeGroupSnapshotClass") {
    return token_references(object.root()["parameters"], FieldPath{"parameters"});
  }
  if (kind == "PersistentVolume") {
    std::vector<TokenReference> references = of_annotations();
    add_volume_references(object.root()["spec"]["csi"], references);
    return references;
  }
  if (kind == "PersistentVolumeClaim" || is_of_stork(object.id())) return of_annotations();
  return {};
}

}  // namespace pxguard::model
