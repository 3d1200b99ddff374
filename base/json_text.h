// Pieces of JSON text and of RFC 6901 pointers.
//
// Threads: safe.
#pragma once

#include <string>
#include <string_view>

namespace pxguard::json {

// `text` as a JSON string with its quotes.
std::string quote(std::string_view text);
// One segment of an RFC 6901 pointer: ~ and / escaped.
std::string pointer_segment(std::string_view text);
std::string unescape_pointer_segment(std::string_view segment);

}  // namespace pxguard::json
