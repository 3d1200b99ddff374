#include "base/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/base64.h"
#include "base/yaml_number.h"

namespace pxguard::yaml {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

struct Word {
  std::string_view text;
  std::variant<Null, bool, double> value;
};

// clang-format off
constexpr std::array kWords = std::to_array<Word>({
    {"", Null{}}, {"~", Null{}}, {"null", Null{}}, {"Null", Null{}}, {"NULL", Null{}},
    {"y", true}, {"Y", true}, {"yes", true}, {"Yes", true}, {"YES", true},
    {"true", true}, {"True", true}, {"TRUE", true}, {"on", true}, {"On", true}, {"ON", true},
    {"n", false}, {"N", false}, {"no", false}, {"No", false}, {"NO", false},
    {"false", false}, {"False", false}, {"FALSE", false},
    {"off", false}, {"Off", false}, {"OFF", false},
    {".nan", kNotANumber}, {".NaN", kNotANumber}, {".NAN", kNotANumber},
    {".inf", kInfinity}, {".Inf", kInfinity}, {".INF", kInfinity},
    {"+.inf", kInfinity}, {"+.Inf", kInfinity}, {"+.INF", kInfinity},
    {"-.inf", -kInfinity}, {"-.Inf", -kInfinity}, {"-.INF", -kInfinity},
});
// clang-format on

std::optional<Scalar> read_word(std::string_view text) {
  if (text.size() > 5) return std::nullopt;
  const auto* const word = std::find_if(kWords.begin(), kWords.end(),
                                        [&](const Word& each) { return each.text == text; });
  if (word == kWords.end()) return std::nullopt;
  return std::visit([](auto value) { return Scalar(value); }, word->value);
}

std::string without_underscores(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  return plain;
}

bool is_digit(std::string_view text, std::size_t i) {
  return i < text.size() && text[i] >= '0' && text[i] <= '9';
}

// After a leading dot an underscore must stand between two digits; elsewhere it may stand anywhere.
bool has_stray_underscore(std::string_view text) {
  for (std::size_t i = text.find('_'); i != std::string_view::npos; i = text.find('_', i + 1)) {
    if (!is_digit(text, i - 1) || !is_digit(text, i + 1)) return true;
  }
  return false;
}

std::optional<ReadNumber> read_number(std::string_view text) {
  if (text.starts_with('.')) {
    if (has_stray_underscore(text)) return std::nullopt;
    return read_float(without_underscores(text));
  }
  if (!is_digit(text, 0) && sign_of(text) == '\0') return std::nullopt;
  const std::string plain = without_underscores(text);
  if (const auto integer = read_integer(plain)) return integer;
  return read_float(plain);
}

Scalar read_plain(std::string_view text) {
  if (auto word = read_word(text)) return *std::move(word);
  if (const auto number = read_number(text)) {
    return std::visit([](auto value) { return Scalar(value); }, *number);
  }
  return std::string(text);
}

// One or two digits, at most `largest`.
std::optional<int> take_short_number(std::string_view& rest, int largest) {
  if (!is_digit(rest, 0)) return std::nullopt;
  const std::size_t size = is_digit(rest, 1) ? 2 : 1;
  int number = 0;
  for (const char c : rest.substr(0, size)) number = number * 10 + (c - '0');
  rest.remove_prefix(size);
  if (number > largest) return std::nullopt;
  return number;
}

bool take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

int days_in(int month, int year) {
  constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && is_leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

bool take_date(std::string_view& rest) {
  const std::string_view year_digits = take_digits(rest);
  if (year_digits.size() != 4) return false;
  int year = 0;
  for (const char c : year_digits) year = year * 10 + (c - '0');
  if (!take(rest, '-')) return false;
  const std::optional<int> month = take_short_number(rest, 12);
  if (!month || *month == 0 || !take(rest, '-')) return false;
  const std::optional<int> day = take_short_number(rest, days_in(*month, year));
  return day && *day > 0;
}

bool take_time(std::string_view& rest) {
  if (!take_short_number(rest, 23) || !take(rest, ':')) return false;
  if (!take_short_number(rest, 59) || !take(rest, ':')) return false;
  if (!take_short_number(rest, 59)) return false;
  if ((rest.starts_with('.') || rest.starts_with(',')) && is_digit(rest, 1)) {
    rest.remove_prefix(1);
    take_digits(rest);
  }
  return true;
}

bool is_zone(std::string_view text) {
  if (text == "Z") return true;
  if (text.size() != 6 || sign_of(text) == '\0' || text[3] != ':') return false;
  for (const std::size_t i : {1U, 2U, 4U, 5U}) {
    if (!is_digit(text, i)) return false;
  }
  return text.substr(1, 2) <= "24" && text.substr(4, 2) <= "60";
}

// Only where a tag asks for it: without one a timestamp is a string like any other.
bool is_timestamp(std::string_view rest) {
  if (!take_date(rest)) return false;
  if (rest.empty()) return true;
  if (take(rest, 'T') || take(rest, 't')) return take_time(rest) && is_zone(rest);
  if (!take(rest, ' ')) return false;
  while (take(rest, ' ')) continue;
  return take_time(rest) && rest.empty();
}

// Bytes that are not UTF-8 become U+FFFD one by one, as in Go's encoding/json.
std::string to_utf8(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size();) {
    const auto byte = [&](std::size_t k) {
      return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
    };
    const unsigned lead = byte(0);
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
    const unsigned lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    bool is_valid = size > 0 && (size < 2 || (byte(1) >= lowest && byte(1) <= highest));
    for (std::size_t k = 2; k < size; ++k) is_valid = is_valid && (byte(k) & 0xc0) == 0x80;
    text += is_valid ? bytes.substr(i, size) : std::string_view("\xef\xbf\xbd");
    i += is_valid ? size : 1;
  }
  return text;
}

}  // namespace

std::optional<Scalar> read_scalar(std::string_view text, std::string_view tag, Reading reading) {
  if (tag.empty()) return reading == Reading::Literal ? std::string(text) : read_plain(text);
  const std::string_view type =
      tag.starts_with(kTagPrefix) ? tag.substr(kTagPrefix.size()) : std::string_view();
  if (type == "binary") {
    auto bytes = base64_decode(text);
    if (!bytes) return std::nullopt;
    return to_utf8(*bytes);
  }
  if (type == "timestamp" && is_timestamp(text)) return std::string(text);
  const bool is_resolved = type == "bool" || type == "int" || type == "float" || type == "null";
  if (!is_resolved) {
    if (type == "timestamp") return std::nullopt;
    return std::string(text);
  }
  const Scalar value = read_plain(text);
  const auto* const integer = std::get_if<std::int64_t>(&value);
  if (type == "float" && integer != nullptr) return static_cast<double>(*integer);
  const bool fits =
      (type == "bool" && std::holds_alternative<bool>(value)) ||
      (type == "float" && std::holds_alternative<double>(value)) ||
      (type == "null" && std::holds_alternative<Null>(value)) ||
      (type == "int" && (integer != nullptr || std::holds_alternative<std::uint64_t>(value)));
  if (!fits) return std::nullopt;
  return value;
}

}  // namespace pxguard::yaml
