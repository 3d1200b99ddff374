// Where the nodes of one YAML document stand in its text, in bytes: for who changes the text
// itself. Nothing is resolved: an alias is a node of its own, and << is a key.
//
// Lifetime: owns everything; places are those of the text that it was made from.
// Threads: any number may read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pxguard::yaml {

enum class Style : std::uint8_t {
  Plain,
  SingleQuoted,
  DoubleQuoted,
  BlockScalar,  // | and >
  Alias,
  FlowSequence,
  FlowMapping,
  BlockSequence,
  BlockMapping,
};

struct LayoutNode {
  Style style = Style::Plain;
  bool has_anchor = false;
  bool has_tag = false;
  std::size_t begin = 0;  // behind the anchor and the tag; of a block the first key or dash
  std::size_t end = 0;    // of a block that of the last node inside; of | and > a line's beginning
  std::string text{};     // of a scalar
  std::vector<std::uint32_t> children{};  // of a mapping: key, value, key, value
  std::uint32_t parent = 0;               // of the root itself

  [[nodiscard]] bool is_mapping() const {
    return style == Style::FlowMapping || style == Style::BlockMapping;
  }
  [[nodiscard]] bool is_sequence() const {
    return style == Style::FlowSequence || style == Style::BlockSequence;
  }
  [[nodiscard]] bool is_flow() const {
    return style == Style::FlowSequence || style == Style::FlowMapping;
  }
  [[nodiscard]] bool is_scalar() const { return style <= Style::BlockScalar; }
};

struct Layout {
  std::vector<LayoutNode> nodes;  // in the order of the text; [0] is the root
};

// REQUIRES: `text` is one document without separators. Bounded by the limits of read().
Result<Layout> read_layout(std::string_view text);

// Where the next thing that is neither blank, line break nor comment begins; or the end.
std::size_t next_token(std::string_view text, std::size_t from);

}  // namespace pxguard::yaml
