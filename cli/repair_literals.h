// A key that stands in a manifest becomes a reference to a Secret, which whoever has the key makes
// with a command that is shown. The value itself is never looked at.
//
// Threads: safe.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "cli/manifest/manifest_set.h"
#include "rules/policy/evaluate.h"

namespace pxguard::cli {

// One key of a Secret that has to be there before the reference is applied.
struct SecretToMake {
  std::string ns{};
  std::string name{};
  std::string key{};
  std::string variable{};  // whose literal it is
  std::string file{};
  int line = 0;
};

struct LiteralRepair {
  rules::Repair repair{};  // to be asked for: the Secret comes first
  SecretToMake secret{};
};

// Of a literal of PXS105 in a workload; none of any other finding, and where the Secret is in view
// and may hold something else.
std::optional<LiteralRepair> literal_repair(const policy::Judged& judged,
                                            const model::Object& object,
                                            const manifest::ManifestSet& set,
                                            const rules::Settings& settings);

// The commands that ask for each value and make the Secrets, for bash: "" where there are none.
std::string commands_for(std::span<const SecretToMake> secrets);

}  // namespace pxguard::cli
