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
  Place above = 0;
  for (std::size_t slash = normal.find('/'); slash != std::string::npos;
       slash = normal.find('/', slash + 1)) {
    above = add(normal.substr(0, slash + 1), above);
  }
  return add(normal, above);
}

Place Places::of_file(std::string_view path) const {
  const auto found = by_path_.find(normal_path(path));
  return found == by_path_.end() ? 0 : found->second;
}

}  // namespace pxguard::manifest
