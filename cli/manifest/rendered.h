// Files that are no manifests yet: patches of a kustomization, templates of a chart. They are
// skipped, with the command that makes manifests of them. Values of the chart portworx are read.
//
// Threads: immutable once made; any number may read.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "cli/manifest/text.h"

namespace pxguard::manifest {

inline constexpr std::array<std::string_view, 3> kKustomizationNames = {
    "kustomization.yaml", "kustomization.yml", "Kustomization"};

// The Chart.yaml that would make a template of this file: that of the folder around "templates".
std::optional<std::string> chart_file_of(std::string_view path);

// By its name a file of values: there is a Chart.yaml beside it then.
bool is_values_name(std::string_view name);

// With the slash that ends it; empty for a name alone.
std::string folder_of(std::string_view path);

// A path without "." and with ".." resolved where it can be, as a key to compare with.
std::string normal_path(std::string_view path);

class Rendered {
 public:
  // Looks into kustomizations and charts among the texts.
  explicit Rendered(std::span<const Text> texts);

  // Why the file is no manifest as it stands; nothing where it is one.
  [[nodiscard]] std::optional<std::string> reason(std::string_view file) const;
  // values.yaml, values-prod.yaml and the like, beside the Chart.yaml of the chart portworx.
  [[nodiscard]] bool is_values(std::string_view file) const;

 private:
  void read_chart(const Text& text);
  void read_kustomization(const Text& text);
  void add_patch(const std::string& folder, std::string_view path, const std::string& shown);

  std::map<std::string, std::string, std::less<>> patches_;  // path -> folder of the kustomization
  std::set<std::string, std::less<>> charts_;                // paths of Chart.yaml files
  std::set<std::string, std::less<>> portworx_charts_;       // those of the chart portworx
};

}  // namespace pxguard::manifest
