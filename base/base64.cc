#include "base/base64.h"

#include <array>
#include <cstdint>

namespace pxguard {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

using Digits = std::array<std::int8_t, 256>;

constexpr Digits digits_of(std::string_view alphabet) {
  Digits digits{};
  digits.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return digits;
}

constexpr Digits kDigits = digits_of(kAlphabet);
constexpr Digits kUrlDigits =
    digits_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

}  // namespace

std::optional<std::string> base64_decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t quantum = 0;
  int digits = 0;
  int padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    const int digit = kDigits[static_cast<unsigned char>(c)];
    if (c == '=' ? digits < 2 : digit < 0 || padding > 0) return std::nullopt;
    if (c == '=') ++padding;
    quantum = quantum << 6 | static_cast<std::uint32_t>(c == '=' ? 0 : digit);
    if (++digits < 4) continue;
    bytes += static_cast<char>(quantum >> 16 & 0xff);
    if (padding < 2) bytes += static_cast<char>(quantum >> 8 & 0xff);
    if (padding < 1) bytes += static_cast<char>(quantum & 0xff);
    if (padding > 2) return std::nullopt;
    quantum = 0;
    digits = padding > 0 ? -1000 : 0;  // nothing may follow the padding
  }
  if (digits > 0 || (digits < 0 && digits != -1000)) return std::nullopt;
  return bytes;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = kUrlDigits[static_cast<unsigned char>(c)];
    if (digit < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

std::string base64_encode(std::string_view bytes) {
  std::string text;
  // Growing would leave pieces of a key behind in memory.
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t quantum = 0;
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) {
      quantum = quantum << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= have ? kAlphabet[quantum >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

}  // namespace pxguard
