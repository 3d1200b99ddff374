// Standard base64 (RFC 4648 section 4), as the `data` of a Secret has it, and base64url (section
// 5), of which tokens are made.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pxguard {

// None where `text` is not base64. Line breaks inside are allowed, as in Go's decoder.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);

// Without padding and line breaks. Bits behind the last byte are ignored, as Go's decoder does.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace pxguard
