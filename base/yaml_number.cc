#include "base/yaml_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace pxguard::yaml {
namespace {

constexpr std::string_view kDigits = "0123456789";

std::optional<std::uint64_t> read_digits(std::string_view digits, int base) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// 0x, 0o and 0b as in Go, and the plain zero of C and YAML 1.1 for octal.
std::optional<std::uint64_t> read_magnitude(std::string_view text) {
  if (text.empty() || text[0] != '0' || text == "0") return read_digits(text, 10);
  if (text.size() < 3) return read_digits(text.substr(1), 8);
  switch (text[1]) {
    case 'x':
    case 'X': return read_digits(text.substr(2), 16);
    case 'o':
    case 'O': return read_digits(text.substr(2), 8);
    case 'b':
    case 'B': return read_digits(text.substr(2), 2);
    default: return read_digits(text.substr(1), 8);
  }
}

// A sign keeps the number within 63 bits.
std::optional<ReadNumber> with_sign(char sign, std::optional<std::uint64_t> magnitude) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (!magnitude) return std::nullopt;
  if (sign == '-') {
    if (*magnitude > kLargest + 1) return std::nullopt;
    return static_cast<std::int64_t>(~*magnitude + 1);
  }
  if (*magnitude <= kLargest) return static_cast<std::int64_t>(*magnitude);
  if (sign == '+') return std::nullopt;
  return *magnitude;
}

// The parts of what looks like a float: digits, a dot and digits, an exponent.
struct FloatParts {
  std::string_view whole, fraction, exponent;
};

std::optional<FloatParts> split_float(std::string_view rest) {
  FloatParts parts;
  parts.whole = take_digits(rest);
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    parts.fraction = take_digits(rest);
  }
  if (parts.whole.empty() && parts.fraction.empty()) return std::nullopt;
  if (rest.empty()) return parts;
  if (rest[0] != 'e' && rest[0] != 'E') return std::nullopt;
  parts.exponent = rest.substr(1);
  std::string_view power = parts.exponent.substr(sign_of(parts.exponent) == '\0' ? 0 : 1);
  const bool has_power = !take_digits(power).empty();
  if (!has_power || !power.empty()) return std::nullopt;
  return parts;
}

// from_chars says "out of range" of both: what is too small is zero, as in Go.
bool is_too_small(const FloatParts& parts) {
  const std::size_t first_digit = parts.whole.find_first_not_of('0');
  const bool has_whole = first_digit != std::string_view::npos;
  const std::size_t zeros = std::min(parts.fraction.find_first_not_of('0'), parts.fraction.size());
  const auto magnitude = has_whole ? static_cast<double>(parts.whole.size() - first_digit)
                                   : -static_cast<double>(zeros);
  double power = 0;
  for (const char c : parts.exponent) {
    if (c >= '0' && c <= '9') power = power * 10 + (c - '0');
  }
  return magnitude + (sign_of(parts.exponent) == '-' ? -power : power) < 0;
}

// The shortest decimal digits that give the number back, as d.ddd times ten to the exponent.
struct Decimal {
  bool is_negative = false;
  std::string digits;
  int exponent = 0;
};

template <class Float>
Decimal shortest_decimal(Float number) {
  std::array<char, 64> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                          std::abs(number), std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  Decimal decimal{std::signbit(number), std::string(text.substr(0, e)), 0};
  std::erase(decimal.digits, '.');
  const std::size_t power = e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + power, text.data() + text.size(), decimal.exponent);
  return decimal;
}

std::string fixed(const Decimal& decimal) {
  std::string text = decimal.is_negative ? "-" : "";
  const auto size = static_cast<int>(decimal.digits.size());
  if (decimal.exponent < 0) {
    return text + "0." + std::string(static_cast<std::size_t>(-decimal.exponent - 1), '0') +
           decimal.digits;
  }
  if (decimal.exponent >= size - 1) {
    return text + decimal.digits +
           std::string(static_cast<std::size_t>(decimal.exponent - size + 1), '0');
  }
  const auto point = static_cast<std::size_t>(decimal.exponent + 1);
  return text + decimal.digits.substr(0, point) + "." + decimal.digits.substr(point);
}

std::string scientific(const Decimal& decimal, std::size_t exponent_digits) {
  std::string text = decimal.is_negative ? "-" : "";
  text += decimal.digits[0];
  if (decimal.digits.size() > 1) text += "." + decimal.digits.substr(1);
  const std::string power = std::to_string(std::abs(decimal.exponent));
  text += decimal.exponent < 0 ? "e-" : "e+";
  return text + std::string(exponent_digits - std::min(exponent_digits, power.size()), '0') + power;
}

}  // namespace

char sign_of(std::string_view text) {
  return !text.empty() && (text[0] == '+' || text[0] == '-') ? text[0] : '\0';
}

std::string_view take_digits(std::string_view& rest) {
  const std::string_view digits =
      rest.substr(0, std::min(rest.find_first_not_of(kDigits), rest.size()));
  rest.remove_prefix(digits.size());
  return digits;
}

std::optional<ReadNumber> read_integer(std::string_view text) {
  const char sign = sign_of(text);
  if (auto number = with_sign(sign, read_magnitude(text.substr(sign == '\0' ? 0 : 1)))) {
    return number;
  }
  // A sign after the prefix: go-yaml reads 0b-1, and nothing else of the kind.
  if (!text.starts_with("0b") || sign_of(text.substr(2)) == '\0') return std::nullopt;
  return with_sign(text[2], read_digits(text.substr(3), 2));
}

std::optional<ReadNumber> read_float(std::string_view text) {
  const char sign = sign_of(text);
  if (sign != '\0') text.remove_prefix(1);
  const std::optional<FloatParts> parts = split_float(text);
  if (!parts) return std::nullopt;
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    if (!is_too_small(*parts)) return std::nullopt;
    number = 0;
  }
  return sign == '-' ? -number : number;
}

std::optional<std::string> to_json(double number) {
  if (!std::isfinite(number)) return std::nullopt;
  const double magnitude = std::abs(number);
  const Decimal decimal = shortest_decimal(number);
  if (magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)) return scientific(decimal, 1);
  return fixed(decimal);
}

std::string to_key(double number) {
  if (std::isnan(number)) return ".nan";
  const auto rounded = static_cast<float>(number);
  if (std::isinf(rounded)) return number < 0 ? "-.inf" : ".inf";
  const Decimal decimal = shortest_decimal(rounded);
  return decimal.exponent < -4 || decimal.exponent >= 6 ? scientific(decimal, 2) : fixed(decimal);
}

}  // namespace pxguard::yaml
