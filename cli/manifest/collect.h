// From paths to texts: files as they are, folders with all that is in them, "-" for standard
// input. What cannot be read is a problem and does not stop the rest.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/manifest/text.h"

namespace pxguard::manifest {

inline constexpr std::string_view kStandardInput = "<stdin>";

// In the order of `paths`; folders in the order of their names. A file that is reached twice is
// read once.
Input collect(std::span<const std::string> paths);

// What is read of a folder: *.yaml, *.yml, *.json and kustomizations.
[[nodiscard]] bool is_manifest_name(std::string_view name);

}  // namespace pxguard::manifest
