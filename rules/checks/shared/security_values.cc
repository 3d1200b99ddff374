#include "rules/checks/shared/security_values.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "base/text.h"
#include "rules/model/token_lifetime.h"

namespace pxguard::rules {
namespace {

constexpr std::array<std::string_view, 3> kGuestAccess = {"Enabled", "Disabled", "Managed"};
// What is longer may be a key that was put into the wrong field, and is not said.
constexpr std::size_t kLongestShown = 16;

constexpr std::chrono::seconds kShortLifetime = std::chrono::minutes(10);
constexpr std::chrono::seconds kLongLifetime = std::chrono::hours(24 * 365);

// What was never rendered is wrong in a live object, but nobody meant it.
Severity severity_of(std::string_view text) {
  return model::is_injector_reference(text) ? Severity::Warning : Severity::Error;
}

std::string shown(std::string_view name, std::string_view text) {
  if (text.size() > kLongestShown) return std::string(name) + " with a text of another kind";
  return std::string(name) + " \"" + printable(text, kLongestShown) + '"';
}

Finding lifetime(std::string_view text, const model::FieldPath& at) {
  return {.at = at,
          .severity = severity_of(text),
          .found = shown("tokenLifetime", text),
          .want = "a number and one of s, m, h, d, y: 90m, 24h, 5d",
          .reference = shown("tokenLifetime", text)};
}

Finding out_of_range(std::string_view text, const model::FieldPath& at) {
  Finding finding = lifetime(text, at);
  finding.message = "Tokens of the operator have expired when they are made";
  finding.want = "10m to 1y; 24h is the default";
  finding.fix = "Write a lifetime between 10m and 1y, or remove the field: 24h is the default.";
  finding.why = text.find_first_of("123456789") == std::string_view::npos
                    ? "A lifetime of nothing leaves no time to use a token."
                    : "Above 292 years the number of nanoseconds wraps around.";
  return finding;
}

Finding unusual(std::string_view text, const model::FieldPath& at, bool is_short) {
  Finding finding = lifetime(text, at);
  finding.severity = Severity::Warning;
  finding.message = is_short ? "Tokens of the operator live very short"
                             : "Tokens of the operator live for more than a year";
  finding.want = "10m to 1y; 24h is the default";
  finding.fix = "Write a lifetime between 10m and 1y, or remove the field: 24h is the default.";
  finding.why = is_short
                    ? "The operator renews a token in its last minute: whoever has read it "
                      "before soon holds an expired one."
                    : "Whoever gets hold of px-admin-token is an administrator for that long; only "
                      "another key ends it.";
  return finding;
}

}  // namespace

std::optional<Finding> judge_guest_access(std::string_view text, const model::FieldPath& at) {
  if (text.empty() ||
      std::find(kGuestAccess.begin(), kGuestAccess.end(), text) != kGuestAccess.end())
    return std::nullopt;
  std::string_view want = "Enabled, Disabled or Managed";
  Repair repair;
  for (const std::string_view known : kGuestAccess) {
    if (lower(trim(text)) != lower(known)) continue;
    want = known;
    repair = {{Edit::replace(at, known)}};
  }
  return Finding{.at = at,
                 .severity = severity_of(text),
                 .found = shown("guestAccess", text),
                 .want = std::string(want),
                 .reference = shown("guestAccess", text),
                 .repair = std::move(repair)};
}

bool is_guest_access_in_another_case(std::string_view text) {
  return std::any_of(kGuestAccess.begin(), kGuestAccess.end(), [text](std::string_view known) {
    return text != known && lower(text) == lower(known);
  });
}

std::optional<Finding> judge_token_lifetime(std::string_view text, const model::FieldPath& at) {
  const auto parsed = model::parse_token_lifetime(text);
  if (!parsed) return lifetime(text, at);
  if (parsed->count() == 0 || *parsed > model::kLongestTokenLifetime) return out_of_range(text, at);
  if (*parsed < kShortLifetime) return unusual(text, at, true);
  if (*parsed > kLongLifetime) return unusual(text, at, false);
  return std::nullopt;
}

bool is_filled_in_later(std::string_view text, const model::FieldPath& at,
                        const ContextBase& context) {
  if (context.moment != Moment::Report || !model::is_injector_reference(text)) return false;
  context.unverified("the value that a tool puts into " + at.display());
  return true;
}

model::FieldPath auth_path(std::string_view key) {
  return model::FieldPath{"spec", "security", "auth"}.key(key);
}

model::FieldPath self_signed_path(std::string_view key) { return auth_path("selfSigned").key(key); }

const model::EnvVar* first_entry(const model::EnvList& list, std::string_view name) {
  const auto entry =
      std::find_if(list.variables.begin(), list.variables.end(),
                   [name](const model::EnvVar& variable) { return variable.name() == name; });
  return entry == list.variables.end() ? nullptr : &*entry;
}

}  // namespace pxguard::rules
