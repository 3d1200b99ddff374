// Small things about text that the standard library lacks.
//
// Threads: safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pxguard {

// `text` as printable ASCII of at most `limit` characters: what else was in it becomes '?', what
// was left out becomes "...". For names that a stranger chose.
std::string printable(std::string_view text, std::size_t limit);

[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);
// `part` is in lower case.
[[nodiscard]] bool contains_in_any_case(std::string_view text, std::string_view part);
[[nodiscard]] bool contains_word(std::string_view text, std::string_view word);
// find_first_of() calls a function for each character.
template <char... kAny>
[[nodiscard]] constexpr bool has_any_of(std::string_view text) {
  for (const char c : text) {
    if (((c == kAny) || ...)) return true;
  }
  return false;
}
// What stands behind the last `separator`: of a path the program.
[[nodiscard]] std::string_view last_part(std::string_view text, char separator);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
// For a path or query of a URI: all but letters, digits, "-", ".", "_" and "~" as %XX (RFC 3986).
[[nodiscard]] std::string percent_encoded(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);

// Words as a POSIX shell would split them: quotes and backslashes, nothing expanded. None where a
// quote is open or a backslash is last.
[[nodiscard]] std::optional<std::vector<std::string>> shell_words(std::string_view line);

// The number of single-character edits (insert, delete, replace, swap of neighbours) from one to
// the other, or limit + 1 where there are more.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

// The candidate that `word` was probably meant to be, or nothing.
[[nodiscard]] std::optional<std::string_view> did_you_mean(
    std::string_view word, std::span<const std::string_view> candidates);

}  // namespace pxguard
