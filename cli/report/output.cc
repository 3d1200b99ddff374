#include "cli/report/output.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace pxguard::report {
namespace {

constexpr std::array<std::string_view, 2> kFormats = {"text", "json"};

Result<Output> parse(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto known = std::find(kFormats.begin(), kFormats.end(), name);
  if (known == kFormats.end()) {
    const auto meant = did_you_mean(name, kFormats);
    return invalid_input(fmt::format(
        "unknown format \"{}\"; {}", printable(name, 40),
        meant ? fmt::format("did you mean \"{}\"?", *meant) : "there are text and json"));
  }
  Output output{.format = name == "json" ? Format::Json : Format::Text};
  if (equals == std::string_view::npos) return output;
  output.file = text.substr(equals + 1);
  if (output.file.empty()) {
    return invalid_input(
        fmt::format("--format {}= names no file; leave out the = for standard output", name));
  }
  if (output.file == "-") output.file.clear();
  return output;
}

}  // namespace

Result<std::vector<Output>> parse_outputs(std::span<const std::string> formats) {
  std::vector<Output> outputs;
  for (const std::string& text : formats) {
    auto output = parse(text);
    if (!output) return output.error();
    const bool is_taken =
        std::any_of(outputs.begin(), outputs.end(),
                    [&output](const Output& other) { return other.file == output->file; });
    if (is_taken) {
      const std::string where =
          output->is_standard() ? "standard output" : printable(output->file, 200);
      return invalid_input(
          fmt::format("two formats for {}; write one to a file: --format json=FILE", where));
    }
    outputs.push_back(std::move(*output));
  }
  if (outputs.empty()) outputs.emplace_back();
  return outputs;
}

}  // namespace pxguard::report
