// Standard base64 (RFC 4648 section 4), as the `data` of a Secret has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pxguard {

// None where `text` is not base64. Line breaks inside are allowed, as in Go's decoder.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);

}  // namespace pxguard
