// --format F[=OUTPUT]: which renderers run, and where what they make goes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace pxguard::report {

enum class Format { Text, Json };

struct Output {
  Format format = Format::Text;
  std::string file{};  // "" is standard output

  [[nodiscard]] bool is_standard() const { return file.empty(); }
};

// None is text on standard output. Two outputs to one place are an error.
Result<std::vector<Output>> parse_outputs(std::span<const std::string> formats);

}  // namespace pxguard::report
