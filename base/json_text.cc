#include "base/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace pxguard::json {

namespace {

constexpr auto kNeedsEscape = [](char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
};

std::string escape_of(char c) {
  switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  }
}

}  // namespace

std::string quote(std::string_view text) {
  std::string quoted;
  quoted.reserve(text.size() + 2);
  quoted += '"';
  while (!text.empty()) {
    const auto end = std::find_if(text.begin(), text.end(), kNeedsEscape);
    quoted.append(text.begin(), end);
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
    if (text.empty()) break;
    quoted += escape_of(text.front());
    text.remove_prefix(1);
  }
  return quoted += '"';
}

std::string pointer_segment(std::string_view text) {
  std::string segment;
  for (const char c : text) {
    if (c == '~')
      segment += "~0";
    else if (c == '/')
      segment += "~1";
    else
      segment += c;
  }
  return segment;
}

std::string unescape_pointer_segment(std::string_view segment) {
  std::string text;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '~' && i + 1 < segment.size() &&
        (segment[i + 1] == '0' || segment[i + 1] == '1')) {
      text.push_back(segment[++i] == '0' ? '~' : '/');
    } else {
      text.push_back(segment[i]);
    }
  }
  return text;
}

}  // namespace pxguard::json
