#include "rules/model/token_lifetime.h"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace pxguard::model {
namespace {

using std::chrono::seconds;

std::optional<seconds> unit(char letter) {
  switch (letter) {
    case 's': return seconds(1);
    case 'm': return std::chrono::minutes(1);
    case 'h': return std::chrono::hours(1);
    case 'd': return std::chrono::hours(24);
    case 'y': return std::chrono::hours(24 * 365);
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<seconds> parse_token_lifetime(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const std::string_view digits = text.substr(0, text.size() - 1);
  const auto each = unit(text.back());
  if (!each || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::int64_t count = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool is_countable =
      read.ec == std::errc() && count <= seconds::max().count() / each->count();
  return is_countable ? *each * count : seconds::max();
}

}  // namespace pxguard::model
