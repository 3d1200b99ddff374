// Any bytes are JSON or an error; what is JSON can be walked, and every key found again.
#include <cstdint>
#include <cstdlib>

#include "base/json.h"

namespace {

void walk(pxguard::json::Value value) {
  for (const auto& [key, member, node] : value.members()) {
    if (value[key].node() != member.node()) std::abort();
    walk(member);
  }
  for (const auto element : value.elements()) walk(element);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = pxguard::json::Document::parse({reinterpret_cast<const char*>(data), size});
  if (document) walk(document->root());
  return 0;
}
