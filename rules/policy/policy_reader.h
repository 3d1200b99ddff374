// Compares a policy file with the table of policy_schema.h and says all that is wrong with it.
//
// Threads: safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/yaml.h"
#include "rules/policy/policy_schema.h"

namespace pxguard::policy {

// Every error with its line, in the order of the lines; empty: the document is as `shape` wants
// it. After kMostErrors it says that there are more.
std::vector<Error> problems_of(const json::Document& document, const std::vector<yaml::Mark>& marks,
                               const Shape& shape);

inline constexpr std::size_t kMostErrors = 100;

}  // namespace pxguard::policy
