#include "cli/manifest/rendered.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#include "rules/model/helm_values.h"

namespace pxguard::manifest {
namespace {

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// For a command line: a name that a shell would take apart is put in quotes.
std::string shown_folder(std::string_view folder) {
  if (folder.empty()) return ".";
  const std::string text = printable(folder.substr(0, folder.size() - 1), 200);
  const bool is_plain = text.find_first_of(" '\"$`\\;&|<>()*?!#~") == std::string::npos;
  return is_plain ? text : '\'' + text + '\'';
}

bool is_kustomization(std::string_view name) {
  return std::find(kKustomizationNames.begin(), kKustomizationNames.end(), name) !=
         kKustomizationNames.end();
}

}  // namespace

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? "" : path.substr(0, slash + 1));
}

std::optional<std::string> chart_file_of(std::string_view path) {
  constexpr std::string_view kTemplates = "templates/";
  std::size_t at = path.rfind(kTemplates);
  while (at != std::string_view::npos) {
    if (at == 0 || path[at - 1] == '/') return std::string(path.substr(0, at)) + "Chart.yaml";
    at = path.rfind(kTemplates, at - 1);
  }
  return std::nullopt;
}

bool is_values_name(std::string_view name) {
  return name.starts_with("values") && (name.ends_with(".yaml") || name.ends_with(".yml"));
}

std::string normal_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    const bool goes_back = part == ".." && !parts.empty() && parts.back() != "..";
    if (goes_back) {
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  std::string normal = path.starts_with('/') ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) normal += '/';
    normal += parts[i];
  }
  return normal;
}

Rendered::Rendered(std::span<const Text> texts) {
  for (const Text& text : texts) {
    const std::string_view name = file_name(text.file);
    if (name == "Chart.yaml") read_chart(text);
    if (is_kustomization(name)) read_kustomization(text);
  }
}

void Rendered::read_chart(const Text& text) {
  charts_.insert(normal_path(text.file));
  for (const yaml::Document& yaml : yaml::read(text.content)) {
    if (yaml.error) continue;
    const auto document = json::Document::parse(yaml.json);
    if (document && document->root()["name"].text() == model::kPortworxChart)
      portworx_charts_.insert(normal_path(text.file));
  }
}

bool Rendered::is_values(std::string_view file) const {
  return is_values_name(file_name(file)) &&
         portworx_charts_.contains(normal_path(folder_of(file) + "Chart.yaml"));
}

void Rendered::read_kustomization(const Text& text) {
  const std::string folder = folder_of(text.file);
  for (const yaml::Document& yaml : yaml::read(text.content)) {
    if (yaml.error) continue;
    const auto document = json::Document::parse(yaml.json);
    if (!document) continue;
    const json::Value root = document->root();
    for (const json::Value patch : root["patches"].elements()) {
      add_patch(folder, patch["path"].text(), folder);
    }
    for (const json::Value patch : root["patchesJson6902"].elements()) {
      add_patch(folder, patch["path"].text(), folder);
    }
    for (const json::Value patch : root["patchesStrategicMerge"].elements()) {
      add_patch(folder, patch.text(), folder);
    }
  }
}

// A patch may also stand in the kustomization itself, as text of several lines.
void Rendered::add_patch(const std::string& folder, std::string_view path,
                         const std::string& shown) {
  if (path.empty() || path.find('\n') != std::string_view::npos) return;
  const bool is_absolute = path.starts_with('/');
  patches_.emplace(normal_path((is_absolute ? "" : folder) + std::string(path)), shown);
}

std::optional<std::string> Rendered::reason(std::string_view file) const {
  if (is_kustomization(file_name(file))) {
    const std::string folder = shown_folder(folder_of(file));
    return fmt::format(
        "a kustomization; to check what it makes: kustomize build {} | pxguard check -", folder);
  }
  if (const auto chart = chart_file_of(file); chart && charts_.contains(normal_path(*chart))) {
    const std::string folder = shown_folder(folder_of(*chart));
    return fmt::format(
        "a template of a chart; to check what it makes: helm template {} | pxguard check -",
        folder);
  }
  if (charts_.contains(normal_path(file))) {
    return fmt::format(
        "the description of a chart; to check what it makes: helm template {} | pxguard check -",
        shown_folder(folder_of(file)));
  }
  if (const auto patch = patches_.find(normal_path(file)); patch != patches_.end()) {
    const std::string folder = shown_folder(patch->second);
    return fmt::format(
        "a patch of a kustomization; to check what it makes: kustomize build {} | pxguard check -",
        folder);
  }
  return std::nullopt;
}

}  // namespace pxguard::manifest
