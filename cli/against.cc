#include "cli/against.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/file_system.h"
#include "base/text.h"
#include "cli/manifest/collect.h"
#include "cli/manifest/rendered.h"
#include "cli/manifest/revision.h"

namespace pxguard::cli {
namespace {

// Kind, group, name and namespace: an apiVersion may change.
using Identity = std::tuple<std::string, std::string, std::string, std::string>;
using InFile = std::pair<std::string, Identity>;

Identity identity_of(const model::Object& object) {
  const model::ObjectId& id = object.id();
  return {id.kind, std::string(id.group()), id.name, id.ns};
}

InFile in_file(const model::Object& object) {
  return {manifest::normal_path(object.file()), identity_of(object)};
}

bool is_kind(const std::string& path, PathInfo::Kind kind) {
  const auto info = path_info(path);
  return info && info->kind == kind;
}

// A file of before under the name that stands in its place today: one file for another, else what
// lies below one folder for what lies below the other. Without a folder of today paths count from
// where pxguard was started.
class Renaming {
 public:
  Renaming(const std::string& before, std::span<const std::string> paths)
      : from_(manifest::normal_path(before)) {
    is_folder_ = is_kind(before, PathInfo::Kind::Folder);
    if (paths.size() != 1) return;
    const std::string& now = paths.front();
    const bool is_now_folder = now != "-" && is_kind(now, PathInfo::Kind::Folder);
    if (is_folder_ == is_now_folder)
      to_ = now == "-" ? std::string(manifest::kStandardInput) : manifest::normal_path(now);
  }

  [[nodiscard]] std::string operator()(const std::string& file) const {
    const std::string normal = manifest::normal_path(file);
    if (!is_folder_) return to_.empty() ? file : to_;
    const std::string folder = from_.empty() || from_ == "/" ? from_ : from_ + '/';
    if (!normal.starts_with(folder)) return file;
    const std::string rest = normal.substr(folder.size());
    return to_.empty() || to_ == "/" ? to_ + rest : to_ + '/' + rest;
  }

 private:
  std::string from_;
  std::string to_;
  bool is_folder_ = false;
};

manifest::Input collect_before(const Against::Wanted& wanted) {
  manifest::Input input = manifest::collect(std::span(&wanted.before, 1));
  const bool are_values = wanted.paths.empty() && is_kind(wanted.before, PathInfo::Kind::File);
  const Renaming renamed(wanted.before,
                         are_values ? std::span(&wanted.helm_values, 1) : wanted.paths);
  for (manifest::Text& text : input.texts) {
    text.file = renamed(text.file);
    text.is_values = are_values && !text.is_context;
  }
  for (manifest::Skipped& skipped : input.skipped) skipped.file = renamed(skipped.file);
  for (manifest::Problem& problem : input.problems) problem.file = renamed(problem.file);
  return input;
}

}  // namespace

Result<Against> Against::of(const Wanted& wanted, const manifest::ManifestSet& now,
                            const manifest::Options& options) {
  if (path_info(wanted.before))
    return Against(manifest::ManifestSet::made(collect_before(wanted), options), now);
  auto input = manifest::collect_revision(wanted.before, wanted.paths, wanted.helm_values);
  if (!input) {
    return Error{input.error().code,
                 printable(wanted.before, 100) +
                     " is no file or folder, and as a revision: " + input.error().message};
  }
  return Against(manifest::ManifestSet::made(std::move(*input), options), now);
}

class Against::Pairing {
 public:
  Pairing(const manifest::ManifestSet& before, const manifest::ManifestSet& now, Against& against)
      : before_(before), now_(now), against_(against) {
    // Of two with the same name in one file the last one stays in the cluster.
    for (const model::Object& object : before.objects()) old_[in_file(object)] = &object;
    for (const model::Object& object : now.objects()) there_.insert(identity_of(object));
    for (const auto& problem : now.problems()) unread_.insert(manifest::normal_path(problem.file));
    for (const auto& skipped : now.skipped()) unread_.insert(manifest::normal_path(skipped.file));
  }

  void run() {
    pair_in_files();
    for (const auto& [place, object] : old_) {
      if (!paired_.contains(object)) old_left_[place.second].push_back(object);
    }
    pair_what_is_left();
    for (const model::Object& object : before_.objects()) {
      const bool is_last = old_.at(in_file(object)) == &object;
      if (is_last && !paired_.contains(&object)) against_.gone_.push_back({&object, doubt(object)});
    }
  }

 private:
  void pair(const model::Object* now, const model::Object* old) {
    against_.matches_[now] = {old, false};
    paired_.insert(old);
  }

  void pair_in_files() {
    std::set<InFile> unpaired;
    for (const model::Object& object : now_.objects()) {
      const InFile place = in_file(object);
      const auto same = old_.find(place);
      if (same != old_.end())
        pair(&object, same->second);
      else
        now_left_[place.second].emplace_back(&object, unpaired.insert(place).second);
    }
  }

  // Those of one name in one file are one: the file says it twice.
  void pair_what_is_left() {
    for (const auto& [identity, objects] : now_left_) {
      const auto files = std::count_if(objects.begin(), objects.end(),
                                       [](const auto& object) { return object.second; });
      const auto& candidates = candidates_of(identity);
      for (const auto& [object, is_first] : objects) {
        if (candidates.size() == 1 && files == 1)
          pair(object, candidates.front());
        else if (!candidates.empty() || is_left_elsewhere(old_left_, identity))
          against_.matches_[object] = {nullptr, true};
      }
    }
  }

  const std::vector<const model::Object*>& candidates_of(const Identity& identity) const {
    static const std::vector<const model::Object*> none;
    const auto found = old_left_.find(identity);
    return found == old_left_.end() ? none : found->second;
  }

  // Under the same name, where one of the two does not say its namespace.
  template <class Left>
  static bool is_left_elsewhere(const Left& left, const Identity& identity) {
    auto [kind, group, name, ns] = identity;
    if (!ns.empty()) return left.contains({kind, group, name, ""});
    const auto named = left.upper_bound(identity);
    return named != left.end() && std::get<0>(named->first) == kind &&
           std::get<1>(named->first) == group && std::get<2>(named->first) == name;
  }

  [[nodiscard]] std::string doubt(const model::Object& old) const {
    const Identity identity = identity_of(old);
    const bool is_renamed = now_left_.contains(identity) || is_left_elsewhere(now_left_, identity);
    if (is_renamed) return "which of several objects of this name it has become";
    if (unread_.contains(manifest::normal_path(old.file())))
      return "its file as it is now, which is no manifest that can be read";
    if (there_.contains(identity))
      return "whether it is gone from its cluster: another file has an object of this name";
    return {};
  }

  const manifest::ManifestSet& before_;
  const manifest::ManifestSet& now_;
  Against& against_;
  std::map<InFile, const model::Object*> old_;
  std::set<const model::Object*> paired_;
  std::set<Identity> there_;
  std::set<std::string> unread_;
  std::map<Identity, std::vector<const model::Object*>> old_left_;
  // Beside each, whether it is the first of its file.
  std::map<Identity, std::vector<std::pair<const model::Object*, bool>>> now_left_;
};

Against::Against(std::unique_ptr<manifest::ManifestSet> set, const manifest::ManifestSet& now)
    : set_(std::move(set)) {
  Pairing(*set_, now, *this).run();
}

Against::Match Against::before(const model::Object& now) const {
  const auto found = matches_.find(&now);
  return found == matches_.end() ? Match{} : found->second;
}

}  // namespace pxguard::cli
