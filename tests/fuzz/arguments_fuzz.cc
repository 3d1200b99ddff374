// Arguments and misc-args of any bytes are read without a fault, and a word that was read lies
// within its input.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "rules/model/arguments.h"
#include "rules/model/pxctl.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pxguard;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<model::Word> words;
  for (const std::string_view line : split(text, '\n')) words.push_back({std::string(line), {}});
  for (const model::Argument& argument : model::read_arguments(words)) {
    if (argument.flag.empty() || argument.value.size() > size) std::abort();
  }
  static_cast<void>(model::read_misc_args(text));
  for (const auto& secret : model::secrets_in_command(words, model::Runs::Portworx)) {
    if (secret.name.empty() || secret.name.size() > size) std::abort();
  }
  return 0;
}
