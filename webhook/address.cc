#include "webhook/address.h"

#include <charconv>

namespace pxguard::webhook {

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool has_brackets = host.starts_with('[') && host.ends_with(']');
  // Without brackets nobody could tell the port from the last part of an IPv6 address.
  if (!has_brackets && host.find(':') != std::string_view::npos) return std::nullopt;
  if (has_brackets) host = host.substr(1, host.size() - 2);
  Address address{std::string(host), 0};
  const std::string_view digits = text.substr(colon + 1);
  const auto [rest, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (error != std::errc{} || rest != digits.data() + digits.size()) return std::nullopt;
  return address;
}

}  // namespace pxguard::webhook
