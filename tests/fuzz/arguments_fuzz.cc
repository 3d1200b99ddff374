// Arguments, misc-args, words and pointers of any bytes are read without a fault, and a word that
// was read lies within its input.
#include <cstdint>
#include <cstdlib>

#include "base/json.h"
#include "base/text.h"
#include "rules/model/arguments.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pxguard;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<model::Word> words;
  for (const std::string_view line : split(text, '\n')) words.push_back({std::string(line), {}});
  for (const model::Argument& argument : model::read_arguments(words)) {
    if (argument.flag.empty() || argument.value.size() > size) std::abort();
  }
  static_cast<void>(model::read_misc_args(text));
  static const auto document = json::Document::parse(R"({"a":[{"b/c":1,"d~":[[]]}],"":{"":0}})");
  const json::Value nearest = document->root().nearest(text);
  if (document->root().find(document->pointer_of(nearest.node())).node() != nearest.node())
    std::abort();
  return 0;
}
