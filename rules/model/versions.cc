#include "rules/model/versions.h"

#include <array>

namespace pxguard::model {

std::string Version::display() const {
  return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(patch);
}

std::optional<Version> Version::parse(std::string_view tag) {
  if (tag.starts_with('v')) tag.remove_prefix(1);
  std::array<int, 3> parts{};
  std::size_t read = 0;
  while (read < parts.size()) {
    std::size_t digits = 0;
    while (digits < tag.size() && tag[digits] >= '0' && tag[digits] <= '9') ++digits;
    if (digits == 0 || digits > 5) return std::nullopt;
    for (const char c : tag.substr(0, digits)) parts[read] = parts[read] * 10 + (c - '0');
    tag.remove_prefix(digits);
    ++read;
    if (!tag.starts_with('.') || read == parts.size()) break;
    tag.remove_prefix(1);
  }
  const bool ends_well =
      tag.empty() || tag.front() == '-' || tag.front() == '.' || tag.front() == '_';
  if (read < 2 || !ends_well) return std::nullopt;
  return Version{parts[0], parts[1], parts[2]};
}

}  // namespace pxguard::model
