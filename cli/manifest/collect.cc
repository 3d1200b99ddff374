#include "cli/manifest/collect.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/manifest/rendered.h"

namespace pxguard::manifest {
namespace {

// Version control keeps copies of files that are no part of the tree.
bool is_version_control(std::string_view name) {
  return name == ".git" || name == ".hg" || name == ".svn";
}

std::string join_path(std::string_view folder, std::string_view name) {
  const bool ends = folder.empty() || folder.ends_with('/');
  return fmt::format("{}{}{}", folder, ends ? "" : "/", name);
}

class Collection {
 public:
  void add(const std::string& path) {
    if (path == "-") return add_standard_input();
    const auto info = path_info(path);
    if (!info) return fail(path, info.error().message);
    if (info->kind == PathInfo::Kind::Folder) return walk(path, info->identity, 0);
    if (info->kind == PathInfo::Kind::File) add_context(path);
    read(path, info->identity);
  }

  Input take() { return std::move(input_); }

 private:
  void add_standard_input() {
    if (!seen_.insert("-").second) return;
    auto content = read_standard_input(limits::kYamlFile);
    if (!content) return fail(std::string(kStandardInput), content.error().message);
    input_.texts.push_back({std::string(kStandardInput), std::move(*content), false});
  }

  void read(const std::string& path, const std::string& identity) {
    if (!seen_.insert(identity).second) return;
    if (++files_ > limits::kFiles) return stop(path);
    auto content = read_file(path, limits::kYamlFile);
    if (!content) return fail(path, content.error().message);
    input_.texts.push_back({path, std::move(*content), false});
  }

  void walk(const std::string& folder, const std::string& identity, std::size_t depth) {
    if (std::find(above_.begin(), above_.end(), identity) != above_.end()) {
      input_.skipped.push_back({folder, "a link to a folder above it, which is read already"});
      return;
    }
    if (!seen_.insert(identity).second) return;
    if (depth > limits::kFolderDepth) {
      return fail(folder, fmt::format("more than {} folders deep: give it as a path of its own",
                                      limits::kFolderDepth));
    }
    const auto names = list_folder(folder);
    if (!names) return fail(folder, names.error().message);
    above_.push_back(identity);
    for (const std::string& name : *names) visit(join_path(folder, name), name, depth);
    above_.pop_back();
  }

  // Only what is certain to be a manifest or a folder: opening a pipe would wait for ever.
  void visit(const std::string& path, const std::string& name, std::size_t depth) {
    if (is_version_control(name) || is_full_) return;
    const auto info = path_info(path);
    if (!info) {
      if (is_manifest_name(name)) fail(path, info.error().message);
      return;
    }
    if (info->kind == PathInfo::Kind::Folder) return walk(path, info->identity, depth + 1);
    if (!is_manifest_name(name)) return;
    if (info->kind == PathInfo::Kind::Other) return fail(path, "neither a file nor a folder");
    read(path, info->identity);
  }

  // A file that is given by name may be a patch or a template all the same.
  void add_context(const std::string& path) {
    const std::string folder = folder_of(path);
    for (const std::string_view name : kKustomizationNames)
      add_context_file(folder + std::string(name));
    if (const auto chart = chart_file_of(path)) add_context_file(*chart);
    if (is_values_name(path.substr(folder.size()))) add_context_file(folder + "Chart.yaml");
  }

  void add_context_file(const std::string& path) {
    const auto info = path_info(path);
    if (!info || info->kind != PathInfo::Kind::File || !context_.insert(info->identity).second)
      return;
    if (auto content = read_file(path, limits::kPolicyFile)) {
      input_.texts.push_back({path, std::move(*content), true});
    }
  }

  void stop(const std::string& path) {
    if (!is_full_) {
      fail(path, fmt::format("more than {} files: this one and those after it are not read",
                             limits::kFiles));
    }
    is_full_ = true;
  }

  void fail(const std::string& path, const std::string& why) {
    input_.problems.push_back({path, 0, "cannot be read: " + why});
  }

  Input input_;
  std::set<std::string> seen_;
  std::set<std::string> context_;
  std::vector<std::string> above_;
  std::size_t files_ = 0;
  bool is_full_ = false;
};

}  // namespace

bool is_manifest_name(std::string_view name) {
  const std::string small = lower(name);
  return small.ends_with(".yaml") || small.ends_with(".yml") || small.ends_with(".json") ||
         name == "Kustomization";
}

Input collect(std::span<const std::string> paths) {
  Collection collection;
  for (const std::string& path : paths) collection.add(path);
  return collection.take();
}

}  // namespace pxguard::manifest
