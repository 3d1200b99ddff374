#include "rules/checks/shared/mounted_files.h"

#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.h"

namespace pxguard::rules {
namespace {

using From = MountedFile::From;

// px-runc mounts it from the host: Portworx documentation, "Install with runc".
constexpr std::string_view kConfigFolder = "/etc/pwx";

struct Mount {
  std::string_view path;
  std::string_view sub_path;
  json::Value volume;  // absent: the host
};

// What is left of `path` below `folder`; none where it is not there.
std::optional<std::string_view> below(std::string_view path, std::string_view folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
  if (folder.empty() || !path.starts_with(folder)) return std::nullopt;
  std::string_view rest = path.substr(folder.size());
  if (!rest.empty() && !rest.starts_with('/') && folder != "/") return std::nullopt;
  while (rest.starts_with('/')) rest.remove_prefix(1);
  return rest;
}

void add_container_mounts(const model::PortworxConfig& portworx, std::vector<Mount>& mounts) {
  for (const json::Value mount : portworx.container()["volumeMounts"].elements()) {
    for (const json::Value volume : portworx.pod_spec()["volumes"].elements()) {
      if (volume["name"].text() == mount["name"].text())
        mounts.push_back({mount["mountPath"].text(), mount["subPath"].text(), volume});
    }
  }
}

std::vector<Mount> mounts_of(const model::PortworxConfig& portworx) {
  std::vector<Mount> mounts{{kConfigFolder, {}, {}}};
  add_container_mounts(portworx, mounts);
  if (portworx.storage_cluster()) {
    // A volume and its mount in one: operator pkg/apis/core/v1, VolumeSpec.
    for (const json::Value volume : portworx.storage_cluster()->spec()["volumes"].elements())
      mounts.push_back({volume["mountPath"].text(), {}, volume});
  }
  for (const model::Argument& argument : portworx.arguments()) {
    if (argument.flag != "-v") continue;
    const auto parts = split(argument.value, ':');
    if (parts.size() > 1) mounts.push_back({parts[1], {}, {}});
  }
  return mounts;
}

// The key that a Secret or ConfigMap shows as this file: all of them, or those of `items`.
std::optional<std::string> key_of(json::Value source, std::string_view file) {
  if (!source["items"].is_set()) return std::string(file);
  for (const json::Value item : source["items"].elements()) {
    if (item["path"].text() == file) return std::string(item["key"].text());
  }
  return std::nullopt;
}

std::optional<MountedFile> in_source(json::Value volume, std::string_view secret_name,
                                     std::string_view file) {
  for (const auto& [field, name, from] :
       {std::tuple{std::string_view("secret"), secret_name, From::Secret},
        std::tuple{std::string_view("configMap"), std::string_view("name"), From::ConfigMap}}) {
    const json::Value source = volume[field];
    if (!source.is_set()) continue;
    if (auto key = key_of(source, file))
      return MountedFile{from, std::string(source[name].text()), std::move(*key)};
  }
  return std::nullopt;
}

MountedFile in_volume(json::Value volume, std::string_view file) {
  if (auto found = in_source(volume, "secretName", file)) return *found;
  for (const json::Value source : volume["projected"]["sources"].elements()) {
    if (auto found = in_source(source, "name", file)) return *found;
  }
  return {.from = From::Elsewhere};
}

}  // namespace

MountedFile mounted_file(const model::PortworxConfig& portworx, std::string_view path) {
  const Mount* best = nullptr;
  const std::vector<Mount> mounts = mounts_of(portworx);
  for (const Mount& mount : mounts) {
    if (!below(path, mount.path)) continue;
    // The innermost one hides the others; of equals the last one is the user's.
    if (best == nullptr || mount.path.size() >= best->path.size()) best = &mount;
  }
  if (best == nullptr) return {};
  std::string file(best->sub_path);
  const std::string_view rest = *below(path, best->path);
  if (!file.empty() && !rest.empty()) file += '/';
  file += rest;
  // The path is that of a whole folder.
  if (file.empty()) return {.from = From::Elsewhere};
  return in_volume(best->volume, file);
}

}  // namespace pxguard::rules
