// pxguard explain RULE: one rule on one screen.
#pragma once

#include <iosfwd>
#include <string>

namespace pxguard::cli {

struct ExplainOptions {
  std::string rule{};  // id in any case, or name
};

// The exit status: 2 where there is no such rule.
int explain(const ExplainOptions& options);
int explain(const ExplainOptions& options, std::ostream& out, std::ostream& err);

}  // namespace pxguard::cli
