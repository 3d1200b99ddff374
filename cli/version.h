// pxguard version, and who needs to know it.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace pxguard::cli {

struct VersionOptions {
  std::string format = "text";  // or json
};

// The exit status: 2 for an unknown format.
int print_version(const VersionOptions& options);
int print_version(const VersionOptions& options, std::ostream& out, std::ostream& err);

[[nodiscard]] std::string_view version();  // "0.1.0"
[[nodiscard]] std::string_view commit();   // abbreviated, or "unknown"

}  // namespace pxguard::cli
