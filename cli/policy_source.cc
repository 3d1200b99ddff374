#include "cli/policy_source.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/file_system.h"
#include "base/limits.h"
#include "rules/policy/policy_file.h"

namespace pxguard::cli {

PolicySource::PolicySource(std::string path, Published<policy::Policy>& policies)
    : path_(std::move(path)), policies_(policies) {}

PolicySource::Look PolicySource::poll() {
  if (path_.empty()) {
    if (std::exchange(has_looked_, true)) return {};
    policies_.publish(std::make_shared<const policy::Policy>(policy::Policy::defaults()));
    return {Change::Replaced};
  }
  Result<std::string> text = read_file(path_, limits::kPolicyFile);
  // A mounted ConfigMap is gone for a moment while it is replaced; the next look tells.
  if (!text) return refuse(fmt::format("{}: {}", path_, text.error().message));
  if (has_looked_ && *text == seen_) {
    if (!is_good_) return {};
    // It was away, and is back as it was.
    failing_ = false;
    said_.clear();
    return {};
  }
  has_looked_ = true;
  seen_ = std::move(text).value();
  policy::ParsedPolicy parsed = policy::parse_policy(seen_);
  is_good_ = parsed.errors.empty();
  if (!is_good_) {
    std::string why;
    for (const Error& error : parsed.errors) {
      why += fmt::format("{}{}:{}: {}", why.empty() ? "" : "\n", path_, error.line, error.message);
    }
    return refuse(std::move(why));
  }
  said_.clear();
  failing_ = false;
  policies_.publish(std::make_shared<const policy::Policy>(std::move(parsed.policy)));
  return {Change::Replaced};
}

PolicySource::Look PolicySource::refuse(std::string why) {
  failing_ = true;
  if (why == said_) return {};
  said_ = why;
  return {Change::Refused, std::move(why)};
}

}  // namespace pxguard::cli
