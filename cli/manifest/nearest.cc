#include "cli/manifest/nearest.h"

#include <utility>

#include "cli/manifest/rendered.h"

namespace pxguard::manifest {

Place Places::add(std::string path, Place above) {
  const auto [entry, is_new] = by_path_.emplace(std::move(path), static_cast<Place>(above_.size()));
  if (is_new) above_.push_back(above);
  return entry->second;
}

Place Places::add_file(std::string_view path) {
  const std::string normal = normal_path(path);
  Place above = kTop;
  for (std::size_t slash = normal.find('/'); slash != std::string::npos;
       slash = normal.find('/', slash + 1)) {
    above = add(normal.substr(0, slash + 1), above);
  }
  return add(normal, above);
}

Place Places::of_file(std::string_view path) const {
  if (path.empty()) return kCluster;
  std::string near = normal_path(path);
  while (!near.empty()) {
    const auto found = by_path_.find(near);
    if (found != by_path_.end()) return found->second;
    near.resize(near.find_last_of('/', near.size() - 2) + 1);
  }
  return kTop;
}

}  // namespace pxguard::manifest
