// pxguard rules: the catalogue as a table, as JSON, or as a folder of Markdown pages.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace pxguard::cli {

struct RulesOptions {
  // text, json, text=FILE, json=FILE, markdown=FOLDER; none is text.
  std::vector<std::string> formats{};
};

// The exit status: 2 for an unknown format, 5 where an output cannot be written.
int list_rules(const RulesOptions& options);
int list_rules(const RulesOptions& options, std::ostream& out, std::ostream& err);

}  // namespace pxguard::cli
