// What check and fix judge and what they judge it by, as their options say.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "cli/check.h"
#include "cli/manifest/collect.h"
#include "cli/manifest/manifest_set.h"
#include "rules/policy/policy.h"

namespace pxguard::cli {

struct CheckInput {
  policy::Policy policy{};
  manifest::Options reading{};
};

// The policy, the facts and the versions; none where one is wrong, which is then on `err`. `who`:
// "pxguard check".
std::optional<CheckInput> read_check_input(const CheckOptions& options, std::string_view who,
                                           std::ostream& err);

// The files, with the values for a chart.
manifest::Input collect_manifests(const CheckOptions& options);

}  // namespace pxguard::cli
