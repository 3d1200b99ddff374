// FNV-1a in 64 bits: tells one text from another where nobody gains by two that look the same. It
// protects nothing.
//
// Threads: safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace pxguard {

[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// As 16 hexadecimal digits.
[[nodiscard]] inline std::string fnv1a_text(std::string_view text) {
  return fmt::format("{:016x}", fnv1a(text));
}

}  // namespace pxguard
