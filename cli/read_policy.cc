#include "cli/read_policy.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "rules/catalogue.h"
#include "rules/policy/policy_file.h"

namespace pxguard::cli {

std::optional<policy::Policy> read_policy(const std::string& path, std::ostream& err) {
  if (path.empty()) return policy::Policy::defaults();
  const std::string name = printable(path, 300);
  const auto text = read_file(path, limits::kPolicyFile);
  if (!text) {
    err << fmt::format("{}: the policy cannot be read: {}\n", name, text.error().message);
    return std::nullopt;
  }
  auto parsed = policy::parse_policy(*text);
  for (const Error& error : parsed.errors)
    err << fmt::format("{}:{}: {}\n", name, error.line, error.message);
  if (!parsed.errors.empty()) return std::nullopt;
  return std::move(parsed.policy);
}

std::size_t enabled_rules(const policy::Policy& policy) {
  const auto all = rules::catalogue();
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&policy](const rules::Rule* rule) {
        const auto entry = policy.rules.find(rule);
        return entry == policy.rules.end() || entry->second.action != rules::Action::Off;
      }));
}

}  // namespace pxguard::cli
