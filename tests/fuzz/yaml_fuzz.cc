// What yaml::read hands out is JSON that base/json takes, with a mark for each node.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.h"
#include "base/yaml.h"

namespace {

void check(const pxguard::yaml::Document& document) {
  if (document.error) {
    const bool is_empty = document.json.empty() && document.marks.empty();
    if (!is_empty || document.error->message.empty() || document.error->line < 1) std::abort();
    return;
  }
  const auto parsed = pxguard::json::Document::parse(document.json);
  if (!parsed || parsed->nodes() != document.marks.size()) std::abort();
  for (const auto mark : document.marks) {
    if (mark.line < 1 || mark.column < 1) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (const auto& document : pxguard::yaml::read(text)) check(document);
  return 0;
}
