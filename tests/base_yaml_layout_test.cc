#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/yaml_layout.h"

namespace pxguard::yaml {
namespace {

// The text of each scalar as it stands, quotes and all.
std::vector<std::string> scalars(const std::string& text) {
  const auto layout = read_layout(text);
  REQUIRE(layout.has_value());
  std::vector<std::string> found;
  for (const LayoutNode& node : layout->nodes) {
    if (node.is_scalar()) found.push_back(text.substr(node.begin, node.end - node.begin));
  }
  return found;
}

using Texts = std::vector<std::string>;

TEST_CASE("each scalar stands where the layout says, whatever its style") {
  CHECK(scalars("a: 'b''c'\n\"d\": e f # g\n") == Texts{"a", "'b''c'", "\"d\"", "e f"});
  CHECK(scalars("{a: [b, \"c, d\"], e: }") == Texts{"a", "b", "\"c, d\"", "e", ""});
  CHECK(scalars("a: &x b\nc: !!str 1\nd: *x\n") == Texts{"a", "b", "c", "1", "d"});
  CHECK(scalars("a: |+2\n    b\n\nc: d\n") == Texts{"a", "|+2\n    b\n\n", "c", "d"});
  CHECK(scalars("a: >\n  b\n\n\nc: d\n") == Texts{"a", ">\n  b\n", "c", "d"});
}

TEST_CASE("characters of several bytes and other line ends do not move a place") {
  CHECK(scalars("\xc3\xa4: \"\xe2\x82\xac\" # \xc3\xb6\r\nb: c\r\n") ==
        Texts{"\xc3\xa4", "\"\xe2\x82\xac\"", "b", "c"});
  CHECK(scalars("\xef\xbb\xbf"
                "a: b\n") == Texts{"a", "b"});
}

TEST_CASE("a block ends with the last thing inside, a flow with its bracket") {
  const std::string text = "a:\n- b: 1\n  c: 2\n# d\ne: {f: g} # h\n";
  const auto layout = read_layout(text);
  REQUIRE(layout.has_value());
  const LayoutNode& root = layout->nodes[0];
  const LayoutNode& list = layout->nodes[root.children[1]];
  const LayoutNode& flow = layout->nodes[root.children[3]];
  CHECK(list.style == Style::BlockSequence);
  CHECK(text.substr(list.begin, list.end - list.begin) == "- b: 1\n  c: 2");
  CHECK(flow.style == Style::FlowMapping);
  CHECK(text.substr(flow.begin, flow.end - flow.begin) == "{f: g}");
}

TEST_CASE("what is no YAML has no layout") {
  CHECK_FALSE(read_layout("a: [").has_value());
  CHECK_FALSE(read_layout("").has_value());
  CHECK_FALSE(read_layout(std::string(300, '[')).has_value());
}

}  // namespace
}  // namespace pxguard::yaml
