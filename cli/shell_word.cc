#include "cli/shell_word.h"

#include <algorithm>

#include "base/text.h"

namespace pxguard::cli {

std::string shell_word(std::string_view text) {
  constexpr std::size_t kLongest = 1000;
  const std::string word = printable(text, kLongest);
  const bool is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:@+=,").find(c) != std::string_view::npos;
  });
  if (is_plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + '\'';
}

}  // namespace pxguard::cli
