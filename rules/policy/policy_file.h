// The policy file: apiVersion pxguard.io/v1alpha1, kind Policy. Unknown fields, unknown rules,
// duplicate keys and wrong types are errors with a line and, where there is one, a suggestion.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/policy/policy.h"

namespace pxguard::policy {

// All that is wrong with the text, in the order of its lines; empty: `policy` holds.
struct ParsedPolicy {
  Policy policy;
  std::vector<Error> errors;
};

// `text`: YAML or JSON, one document.
ParsedPolicy parse_policy(std::string_view text);

}  // namespace pxguard::policy
