#include "cli/shown_lines.h"

#include <utility>

namespace pxguard::cli {
namespace {

constexpr std::string_view kStructure = " \t-?:,{}[]";

}  // namespace

ShownLines::ShownLines(const manifest::ManifestSet& set, std::string_view file,
                       const std::set<std::string>& known) {
  const json::Document* last = nullptr;
  for (const model::Object& object : set.objects()) {
    if (object.file() != file || &object.document() == last) continue;
    last = &object.document();
    documents_.emplace_back(object, known);
  }
}

std::string ShownLines::at(int number, std::string_view line) const {
  if (line.find_first_not_of(kStructure) == std::string_view::npos) return std::string(line);
  const std::size_t indent = line.find_first_not_of(" \t");
  if (line[indent] == '#') return std::string(line.substr(0, indent)) + "# ...";
  for (const report::Excerpts& document : documents_) {
    if (auto masked = document.masked(number, line)) return *std::move(masked);
  }
  return std::string(line.substr(0, indent)) + "...";
}

}  // namespace pxguard::cli
