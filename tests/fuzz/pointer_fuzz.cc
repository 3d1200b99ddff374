// A JSON pointer of any bytes leads somewhere or nowhere; where it leads, the place's own pointer
// leads back. A segment of any bytes survives being escaped.
#include <cstdint>
#include <cstdlib>

#include "base/json.h"
#include "base/json_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pxguard;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const auto document = json::Document::parse(
      R"({"a":[{"b/c":1,"d~":[[],{"":{"x":null}}]},"s"],"":{"":0,"0":{"1":[2,3]}},"~1":"/","a":[1,[2]]})");
  const json::Value root = document->root();
  const json::Value nearest = root.nearest(text);
  if (root.find(document->pointer_of(nearest.node())).node() != nearest.node()) std::abort();
  const json::Value found = root.find(text);
  if (!found.is_absent() && found.node() != nearest.node()) std::abort();
  if (json::unescape_pointer_segment(json::pointer_segment(text)) != text) std::abort();
  return 0;
}
