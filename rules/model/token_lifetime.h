// How long the tokens live that the operator makes: spec.security.auth.selfSigned.tokenLifetime.
// The grammar is openstorage pkg/auth/duration.go, ParseToDuration: digits and one unit, s, m, h,
// d (24 hours) or y (365 days). Neither "1h30m" nor "1w" nor "24H".
//
// Threads: safe.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace pxguard::model {

// Go counts nanoseconds in 64 bits: 292 years fit. What is longer wraps around, and the token may
// have expired when it is made.
inline constexpr std::chrono::seconds kLongestTokenLifetime{9'223'372'036};

// None where the text is not of the grammar. A number beyond all counting is seconds::max().
[[nodiscard]] std::optional<std::chrono::seconds> parse_token_lifetime(std::string_view text);

}  // namespace pxguard::model
