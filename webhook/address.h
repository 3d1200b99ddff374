// Where to listen, as an operator writes it: "0.0.0.0:8443", "[::1]:0".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pxguard::webhook {

struct Address {
  std::string host;  // without brackets; not yet known to be an IP address
  std::uint16_t port = 0;
};

std::optional<Address> parse_address(std::string_view text);

}  // namespace pxguard::webhook
