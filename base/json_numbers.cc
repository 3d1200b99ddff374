#include "base/json_numbers.h"

#include <algorithm>
#include <cstddef>

namespace pxguard::json {
namespace {

// An integer that fits neither 64 bits with a sign nor without.
bool is_beyond_64_bits(std::string_view number) {
  if (number.find_first_of(".eE") != std::string_view::npos) return false;
  const bool negative = number.front() == '-';
  const std::string_view digits = number.substr(negative ? 1 : 0);
  const std::string_view most = negative ? "9223372036854775808" : "18446744073709551615";
  return digits.size() != most.size() ? digits.size() > most.size() : digits > most;
}

}  // namespace

std::string widen_big_integers(std::string_view text) {
  std::string widened;
  widened.reserve(text.size() + 64);
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (in_string) {
      const std::size_t step = c == '\\' && i + 1 < text.size() ? 2 : 1;
      in_string = c != '"';
      widened.append(text.substr(i, step));
      i += step;
      continue;
    }
    if (c != '-' && (c < '0' || c > '9')) {
      in_string = c == '"';
      widened.push_back(c);
      ++i;
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of("0123456789+-.eE", i), text.size());
    const std::string_view number = text.substr(i, end - i);
    widened.append(number);
    if (is_beyond_64_bits(number)) widened.append("e0");
    i = end;
  }
  return widened;
}

}  // namespace pxguard::json
