#include "cli/report/layout.h"

#include <fmt/format.h>

#include "base/text.h"

namespace pxguard::report {

std::string wrap(std::string_view first, std::string_view text) {
  const std::size_t room = kColumns - first.size();
  const std::string later(first.size(), ' ');
  std::string result;
  std::string rest = printable(text, text.size());
  bool is_first = true;
  while (is_first || !rest.empty()) {
    std::size_t end = rest.size();
    if (end > room) {
      end = rest.rfind(' ', room);
      if (end == std::string::npos || end == 0) end = room;
    }
    std::string line = (is_first ? std::string(first) : later) + rest.substr(0, end);
    line.erase(line.find_last_not_of(' ') + 1);
    result += line + '\n';
    rest.erase(0, end);
    rest.erase(0, std::min(rest.find_first_not_of(' '), rest.size()));
    is_first = false;
  }
  return result;
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace pxguard::report
