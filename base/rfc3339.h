// Times as Kubernetes writes them: "2026-11-24T05:00:00Z" (RFC 3339).
//
// Threads: safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pxguard {

// With fractions of a second and offsets; none for any other text, and outside of the years 1970
// to 2200.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_time(
    std::string_view text);
// UTC, whole seconds.
[[nodiscard]] std::string time_text(std::chrono::system_clock::time_point time);

}  // namespace pxguard
