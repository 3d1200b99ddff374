// The text format of Prometheus, a line at a time.
//
// Threads: safe.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace pxguard::webhook {

inline void describe(std::string& text, std::string_view family, std::string_view type,
                     std::string_view help) {
  fmt::format_to(std::back_inserter(text), "# HELP {0} {2}\n# TYPE {0} {1}\n", family, type, help);
}

template <class... Values>
void sample(std::string& text, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Values>(values)...);
  text += '\n';
}

}  // namespace pxguard::webhook
