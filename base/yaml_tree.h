// One YAML document as nodes in the order of its text, before aliases and merges are expanded.
//
// Lifetime: texts of nodes are valid while the Tree is alive.
// Threads: safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"

namespace pxguard::yaml {

enum class NodeKind : std::uint8_t {
  Null,
  Boolean,
  Integer,
  BigInteger,  // beyond 63 bits
  Number,
  NonFinite,  // .inf, -.inf, .nan
  String,
  Sequence,
  Mapping,
  Alias,
};

struct Node {
  NodeKind kind = NodeKind::Null;
  bool is_merge = false;     // where it is a key: <<
  std::uint32_t end = 0;     // the node after the last one inside; 0 while that is not known
  std::uint32_t offset = 0;  // where the text begins; of an alias: the node that it stands for
  std::uint32_t size = 0;    // of the text
  Mark mark;
};
static_assert(sizeof(Node) == 24);

struct Tree {
  std::vector<Node> nodes;  // none where the text holds nothing but comments
  std::string texts;        // of strings; of other scalars the JSON

  [[nodiscard]] std::string_view text_of(const Node& node) const {
    return std::string_view(texts).substr(node.offset, node.size);
  }
};

// Reads the first document in `text`: what follows a line of ... is never looked at, as in kubectl.
// Marks and errors count lines from `first_line`. Some texts have to be read again and again:
// `bytes_to_repeat` goes down by what was.
Result<Tree> read_tree(std::string_view text, int first_line, std::size_t& bytes_to_repeat);

}  // namespace pxguard::yaml
