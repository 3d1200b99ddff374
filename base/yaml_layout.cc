#include "base/yaml_layout.h"

#include <yaml.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"

namespace pxguard::yaml {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// libyaml counts lines and characters; a text is cut at bytes.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    begins_.push_back(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    for (std::size_t i = begins_.front(); i < text.size();) {
      const std::size_t size = break_at(i);
      i += std::max<std::size_t>(size, 1);
      if (size > 0) begins_.push_back(i);
    }
    at_ = begins_.front();
  }

  [[nodiscard]] std::size_t offset(const yaml_mark_t& mark) {
    if (mark.line >= begins_.size()) return text_.size();
    // Marks come in order: what was walked of a line is not walked again.
    if (mark.line != line_ || mark.column < column_) {
      line_ = mark.line;
      column_ = 0;
      at_ = begins_[line_];
    }
    for (; column_ < mark.column && at_ < text_.size(); ++column_) {
      ++at_;
      while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xc0) == 0x80) ++at_;
    }
    return at_;
  }

 private:
  [[nodiscard]] std::size_t break_at(std::size_t i) const {
    constexpr std::array<std::string_view, 6> kBreaks = {
        "\r\n", "\n", "\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
    for (const std::string_view line_break : kBreaks) {
      if (text_.substr(i, line_break.size()) == line_break) return line_break.size();
    }
    return 0;
  }

  std::string_view text_;
  std::vector<std::size_t> begins_;
  std::size_t line_ = 0;
  std::size_t column_ = 0;
  std::size_t at_ = 0;
};

Style style_of(const yaml_event_t& event) {
  if (event.type == YAML_ALIAS_EVENT) return Style::Alias;
  if (event.type == YAML_SEQUENCE_START_EVENT) {
    const bool is_flow = event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    return is_flow ? Style::FlowSequence : Style::BlockSequence;
  }
  if (event.type == YAML_MAPPING_START_EVENT) {
    const bool is_flow = event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    return is_flow ? Style::FlowMapping : Style::BlockMapping;
  }
  switch (event.data.scalar.style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: return Style::SingleQuoted;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: return Style::DoubleQuoted;
    case YAML_LITERAL_SCALAR_STYLE:
    case YAML_FOLDED_SCALAR_STYLE: return Style::BlockScalar;
    default: return Style::Plain;
  }
}

class LayoutBuilder {
 public:
  explicit LayoutBuilder(std::string_view text) : text_(text), lines_(text) {
    is_ready_ = yaml_parser_initialize(&parser_) == 1;
    if (!is_ready_) return;
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~LayoutBuilder() {
    if (is_ready_) yaml_parser_delete(&parser_);
  }
  LayoutBuilder(const LayoutBuilder&) = delete;
  LayoutBuilder& operator=(const LayoutBuilder&) = delete;

  Result<Layout> build() {
    bool is_done = !is_ready_;
    while (!is_done) {
      yaml_event_t event;
      if (yaml_parser_parse(&parser_, &event) != 1)
        return invalid_input("it cannot be read without repairing it first");
      is_done = event.type == YAML_DOCUMENT_END_EVENT || event.type == YAML_STREAM_END_EVENT;
      add(event);
      yaml_event_delete(&event);
      if (open_.size() > limits::kDepth || layout_.nodes.size() > limits::kJsonValues)
        return invalid_input("it is too large or too deep");
    }
    if (layout_.nodes.empty()) return invalid_input("there is nothing in it");
    return std::move(layout_);
  }

 private:
  void add(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SCALAR_EVENT: return add_scalar(event);
      case YAML_ALIAS_EVENT: {
        const std::uint32_t index = push(event);
        layout_.nodes[index].end = lines_.offset(event.end_mark);
        return;
      }
      case YAML_SEQUENCE_START_EVENT:
        return open(event, event.data.sequence_start.anchor, event.data.sequence_start.tag);
      case YAML_MAPPING_START_EVENT:
        return open(event, event.data.mapping_start.anchor, event.data.mapping_start.tag);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: return close(event);
      default: return;
    }
  }

  std::uint32_t push(const yaml_event_t& event) {
    const auto index = static_cast<std::uint32_t>(layout_.nodes.size());
    LayoutNode node;
    node.style = style_of(event);
    node.begin = lines_.offset(event.start_mark);
    node.parent = open_.empty() ? index : open_.back();
    if (!open_.empty()) layout_.nodes[open_.back()].children.push_back(index);
    layout_.nodes.push_back(std::move(node));
    return index;
  }

  void add_scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    const std::uint32_t index = push(event);
    LayoutNode& node = layout_.nodes[index];
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    skip_properties(node, scalar.anchor, scalar.tag);
    node.end = std::max(node.begin, lines_.offset(event.end_mark));
    if (node.style == Style::BlockScalar) node.end = end_of_block(node);
  }

  void open(const yaml_event_t& event, const yaml_char_t* anchor, const yaml_char_t* tag) {
    const std::uint32_t index = push(event);
    skip_properties(layout_.nodes[index], anchor, tag);
    open_.push_back(index);
  }

  void close(const yaml_event_t& event) {
    LayoutNode& node = layout_.nodes[open_.back()];
    open_.pop_back();
    node.end = lines_.offset(event.end_mark);
    if (node.is_flow()) return;
    if (node.children.empty()) {
      node.end = node.begin;
      return;
    }
    if (node.style == Style::BlockMapping) node.begin = layout_.nodes[node.children.front()].begin;
    node.end = std::max(node.begin, layout_.nodes[node.children.back()].end);
  }

  void skip_properties(LayoutNode& node, const yaml_char_t* anchor, const yaml_char_t* tag) const {
    node.has_anchor = anchor != nullptr;
    node.has_tag = tag != nullptr;
    const int properties = (anchor != nullptr ? 1 : 0) + (tag != nullptr ? 1 : 0);
    for (int i = 0; i < properties; ++i) {
      if (node.begin >= text_.size() || (text_[node.begin] != '&' && text_[node.begin] != '!'))
        return;
      const std::size_t blank = text_.find_first_of(" \t\r\n,[]{}", node.begin);
      const std::size_t end = std::min(blank, text_.size());
      const std::size_t next = next_token(text_, end);
      // Of a value that is not there the end is its place.
      node.begin = node.style == Style::Plain && node.text.empty() ? end : next;
    }
  }

  // Without the blank lines behind it, unless they are part of it.
  [[nodiscard]] std::size_t end_of_block(const LayoutNode& node) const {
    const std::size_t head = std::min(text_.find_first_of(" \t\r\n", node.begin), text_.size());
    const std::string_view indicators = text_.substr(node.begin, head - node.begin);
    if (indicators.find('+') != std::string_view::npos) return node.end;
    const std::size_t last = text_.substr(0, node.end).find_last_not_of(" \t\r\n");
    if (last == std::string_view::npos || last < node.begin) return node.end;
    const std::size_t line_break = text_.find('\n', last);
    return std::min(line_break == std::string_view::npos ? text_.size() : line_break + 1, node.end);
  }

  std::string_view text_;
  Lines lines_;
  yaml_parser_t parser_{};
  bool is_ready_ = false;
  Layout layout_;
  std::vector<std::uint32_t> open_;
};

}  // namespace

Result<Layout> read_layout(std::string_view text) { return LayoutBuilder(text).build(); }

std::size_t next_token(std::string_view text, std::size_t from) {
  while (from < text.size()) {
    const char c = text[from];
    if (c == '#') {
      from = std::min(text.find('\n', from), text.size());
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++from;
    } else {
      return from;
    }
  }
  return text.size();
}

}  // namespace pxguard::yaml
