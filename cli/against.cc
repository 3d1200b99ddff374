#include "cli/against.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/file_system.h"
#include "base/text.h"
#include "cli/manifest/collect.h"
#include "cli/manifest/rendered.h"
#include "cli/manifest/revision.h"

namespace pxguard::cli {

Against::Identity Against::identity_of(const model::Object& object) {
  const model::ObjectId& id = object.id();
  return {id.kind, std::string(id.group()), id.ns, id.name};
}

std::string Against::relative(const std::string& file, std::span<const std::string> roots) {
  const std::string normal = manifest::normal_path(file);
  for (const std::string& root : roots) {
    const std::string folder = manifest::normal_path(root);
    if (folder.empty()) return normal;
    if (normal.starts_with(folder + '/')) return normal.substr(folder.size() + 1);
    // A file that was given by its name is known by nothing else.
    if (normal == folder) return {};
  }
  return normal;
}

Result<Against> Against::of(const std::string& before, std::span<const std::string> paths,
                            const manifest::Options& options) {
  const std::vector<std::string> roots(paths.begin(), paths.end());
  if (path_info(before)) {
    const std::vector<std::string> old_roots = {before};
    auto set = manifest::ManifestSet::made(manifest::collect(old_roots), options);
    return Against(std::move(set), old_roots, roots);
  }
  auto input = manifest::collect_revision(before, paths);
  if (!input) {
    return Error{input.error().code,
                 printable(before, 100) +
                     " is no file or folder, and as a revision: " + input.error().message};
  }
  return Against(manifest::ManifestSet::made(std::move(*input), options), roots, roots);
}

Against::Against(std::unique_ptr<manifest::ManifestSet> set, std::vector<std::string> old_roots,
                 std::vector<std::string> roots)
    : set_(std::move(set)), roots_(std::move(roots)), old_roots_(std::move(old_roots)) {
  for (const model::Object& object : set_->objects()) {
    // Of two with the same name in one file the last one stays in the cluster.
    by_file_[{relative(object.file(), old_roots_), identity_of(object)}] = &object;
    by_identity_[identity_of(object)].push_back(&object);
  }
}

Against::Match Against::before(const model::Object& now) const {
  const Identity identity = identity_of(now);
  const auto same_file = by_file_.find({relative(now.file(), roots_), identity});
  if (same_file != by_file_.end()) return {same_file->second, false};
  const auto same_name = by_identity_.find(identity);
  if (same_name == by_identity_.end()) return {};
  const auto& candidates = same_name->second;
  const bool is_one = candidates.size() == 1;
  return {is_one ? candidates.front() : nullptr, !is_one};
}

std::vector<const model::Object*> Against::gone(const manifest::ManifestSet& now) const {
  std::set<Identity> there;
  for (const model::Object& object : now.objects()) there.insert(identity_of(object));
  std::vector<const model::Object*> gone;
  for (const model::Object& object : set_->objects()) {
    if (!there.contains(identity_of(object))) gone.push_back(&object);
  }
  return gone;
}

}  // namespace pxguard::cli
