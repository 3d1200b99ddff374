// PXS403: A token has expired, will soon, lives for years, or is from the future.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "rules/checks/shared/token_secrets.h"
#include "rules/rule.h"

namespace pxguard::rules::token_lifetime_unsafe {
namespace {

using model::SecretFacts;

// The operator's own tokens live for a day; whoever makes one by hand will not be back tomorrow.
constexpr std::int64_t kSoon = 24 * 3600;
// pxctl's examples ask for a year; a leap year is one.
constexpr std::int64_t kLong = std::int64_t{366} * 24 * 3600;
// Clocks differ. Portworx and the operator date their own tokens back.
constexpr std::int64_t kClockSkew = 60;

std::int64_t seconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

void warn(const JudgedToken& judged, std::string_view message, std::string found, std::string want,
          Findings& findings) {
  Finding finding = judged.finding(Severity::Warning, std::move(found), std::move(want));
  finding.message = message;
  finding.reference = finding.found;
  findings.push_back(std::move(finding));
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  const auto judged = judged_token(secret, context);
  if (!judged) return {};
  const auto expires = judged->token.expires_at;
  const auto issued = judged->token.issued_at;
  const std::int64_t now = seconds(context.now);
  if (expires && *expires <= now) {
    Finding expired =
        judged->finding_of_state("a token whose time is over", "a token that is valid", context);
    expired.reference = "expired";
    return {expired};
  }
  // It is made anew in time, and how long it lives is set in the StorageCluster.
  if (secret.is_owned_by_storage_cluster()) return {};
  Findings findings;
  if (expires && *expires < now + kSoon) {
    warn(*judged, "A token expires within a day", "a token with less than a day left",
         "a new token before then", findings);
  }
  if (expires && issued && *expires - *issued > kLong) {
    warn(*judged, "A token is valid for more than a year", "a lifetime of more than 366 days",
         "a shorter lifetime: a token cannot be taken back", findings);
  }
  if (issued && *issued > now + kClockSkew) {
    warn(*judged, "A token is dated in the future", "a token of the future",
         "a clock that is right where the token is made", findings);
  }
  return findings;
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS403",
    .name = "token-lifetime-unsafe",
    .title = "A token has expired, or its lifetime is unsafe",
    .rationale =
        "Portworx refuses a token that has expired, and one that leaks is good for whoever has it "
        "until it does.",
    .fix =
        "Make a new token with pxctl auth token generate and a --token-duration that fits how "
        "often you replace it.",
    .by_hand =
        "kubectl -n portworx get secret px-user-token -o jsonpath='{.data.auth-token}' | "
        "base64 -d | cut -s -d. -f2 | tr '_-' '/+' | base64 -d 2>/dev/null",
    .source = "openstorage pkg/auth/claims.go; operator component/auth.go: tokens of 24 hours.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::token_lifetime_unsafe
