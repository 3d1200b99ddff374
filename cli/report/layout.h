// Lines of at most 100 columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pxguard::report {

inline constexpr std::size_t kColumns = 100;

// `text` as lines that begin with `first`, the later ones with as many spaces; broken between
// words, and inside a word only where it is longer than a line. Everything printable.
std::string wrap(std::string_view first, std::string_view text);

// "1 error", "2 errors"
std::string counted(std::size_t count, std::string_view noun);

}  // namespace pxguard::report
