#include "cli/version.h"

#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rules/catalogue.h"

namespace pxguard::cli {

// cmake/version.cmake defines both.
std::string_view version() { return PXGUARD_VERSION; }
std::string_view commit() { return PXGUARD_COMMIT; }

int print_version(const VersionOptions& options) {
  return print_version(options, std::cout, std::cerr);
}

int print_version(const VersionOptions& options, std::ostream& out, std::ostream& err) {
  const std::size_t rules = rules::catalogue().size();
  if (options.format == "json") {
    const nlohmann::ordered_json json = {
        {"version", version()}, {"commit", commit()}, {"rules", rules}};
    out << json.dump() << '\n';
    return 0;
  }
  if (options.format != "text") {
    err << "version: unknown format, want text or json\n";
    return 2;
  }
  out << fmt::format("pxguard {} (commit {}, {} {})\n", version(), commit(), rules,
                     rules == 1 ? "rule" : "rules");
  return 0;
}

}  // namespace pxguard::cli
