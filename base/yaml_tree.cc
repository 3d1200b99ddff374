#include "base/yaml_tree.h"

#include <yaml.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/yaml_number.h"
#include "base/yaml_problem.h"
#include "base/yaml_scalar.h"

namespace pxguard::yaml {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) {
    is_ready_ = yaml_parser_initialize(&parser_) == 1;
    if (!is_ready_) return;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    yaml_parser_set_input_string(&parser_, bytes, text.size());
  }
  ~Parser() {
    if (is_ready_) yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  [[nodiscard]] bool is_ready() const { return is_ready_; }
  yaml_parser_t* get() { return &parser_; }

 private:
  yaml_parser_t parser_{};
  bool is_ready_ = false;
};

class Event {
 public:
  explicit Event(Parser& parser) { is_read_ = yaml_parser_parse(parser.get(), &event_) == 1; }
  ~Event() {
    if (is_read_) yaml_event_delete(&event_);
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  [[nodiscard]] bool is_read() const { return is_read_; }
  [[nodiscard]] yaml_event_type_t type() const { return event_.type; }
  const yaml_event_t* operator->() const { return &event_; }

 private:
  yaml_event_t event_{};
  bool is_read_ = false;
};

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

// YAML breaks lines at more characters than the splitter does.
bool skip_line(std::string_view& rest) {
  constexpr std::string_view kBreaks[] = {"\n", "\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
  while (!rest.empty()) {
    for (const std::string_view line_break : kBreaks) {
      if (!rest.starts_with(line_break)) continue;
      rest.remove_prefix(line_break.size());
      return true;
    }
    rest.remove_prefix(1);
  }
  return false;
}

// Directives need a line of --- after them, where kubectl has already cut the text: it cannot read
// them. libyaml's time for them is the square of their number.
bool begins_with_directive(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  do {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (text.starts_with('%')) return true;
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const bool is_blank = text.empty() || text[0] == '#' || text[0] == '\n' || text[0] == '\r' ||
                          text[0] == '\xc2' || text[0] == '\xe2' || text[0] == '\xef';
    if (!is_blank) return false;
  } while (skip_line(text));
  return false;
}

class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, int first_line) : text_(text), first_line_(first_line) {}

  Result<Tree> build() {
    if (begins_with_directive(text_)) {
      return fail(0, "lines that begin with % are not supported: remove them");
    }
    Parser parser(text_);
    if (!parser.is_ready()) return fail(0, "out of memory");
    for (bool is_done = false; !is_done;) {
      const Event event(parser);
      if (!event.is_read()) {
        refused_quote_ = refused_quote_of(*parser.get(), text_);
        return at_first_line(problem_of(*parser.get(), text_));
      }
      if (auto error = add(event)) return *std::move(error);
      is_done = event.type() == YAML_DOCUMENT_END_EVENT || event.type() == YAML_STREAM_END_EVENT;
    }
    return std::move(tree_);
  }

  // Where the \' is that stopped the parser.
  [[nodiscard]] std::optional<std::size_t> refused_quote() const { return refused_quote_; }

 private:
  std::optional<Error> add(const Event& event) {
    switch (event.type()) {
      case YAML_SCALAR_EVENT: return add_scalar(event);
      case YAML_ALIAS_EVENT: return add_alias(event);
      case YAML_SEQUENCE_START_EVENT:
        return open(event, NodeKind::Sequence, event->data.sequence_start.anchor);
      case YAML_MAPPING_START_EVENT:
        return open(event, NodeKind::Mapping, event->data.mapping_start.anchor);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: close(); return std::nullopt;
      default: return std::nullopt;
    }
  }

  std::optional<Error> add_node(const Event& event, Node node) {
    if (tree_.nodes.size() >= limits::kJsonValues) {
      return too_large(event, fmt::format("more than {} values", limits::kJsonValues));
    }
    node.mark = {first_line_ + static_cast<int>(event->start_mark.line),
                 1 + static_cast<int>(event->start_mark.column)};
    tree_.nodes.push_back(node);
    return std::nullopt;
  }

  std::optional<Error> add_scalar(const Event& event) {
    const auto& scalar = event->data.scalar;
    const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
    const std::string_view tag = view(scalar.tag);
    const bool is_plain = scalar.plain_implicit != 0;
    const bool is_literal = tag.empty() && !is_plain;
    const auto value = read_scalar(text, tag, is_literal ? Reading::Literal : Reading::Resolved);
    if (!value) return fail(event->start_mark.line, "the value does not fit its !! tag");
    name_anchor(scalar.anchor);
    Node node;
    node.is_merge = text == "<<" && (is_plain || tag == "tag:yaml.org,2002:merge");
    store(*value, node);
    node.end = static_cast<std::uint32_t>(tree_.nodes.size()) + 1;
    return add_node(event, node);
  }

  void store(const Scalar& value, Node& node) {
    node.offset = static_cast<std::uint32_t>(tree_.texts.size());
    if (const auto* const text = std::get_if<std::string>(&value)) {
      node.kind = NodeKind::String;
      tree_.texts += *text;
    } else if (const auto* const number = std::get_if<double>(&value)) {
      const std::optional<std::string> json = to_json(*number);
      node.kind = json ? NodeKind::Number : NodeKind::NonFinite;
      tree_.texts += json.value_or(to_key(*number));
    } else if (const auto* const integer = std::get_if<std::int64_t>(&value)) {
      node.kind = NodeKind::Integer;
      tree_.texts += fmt::to_string(*integer);
    } else if (const auto* const big = std::get_if<std::uint64_t>(&value)) {
      node.kind = NodeKind::BigInteger;
      tree_.texts += fmt::to_string(*big);
    } else if (const auto* const boolean = std::get_if<bool>(&value)) {
      node.kind = NodeKind::Boolean;
      tree_.texts += *boolean ? "true" : "false";
    } else {
      tree_.texts += "null";
    }
    node.size = static_cast<std::uint32_t>(tree_.texts.size()) - node.offset;
  }

  std::optional<Error> add_alias(const Event& event) {
    const auto anchor = anchors_.find(view(event->data.alias.anchor));
    const std::size_t line = event->start_mark.line;
    if (anchor == anchors_.end())
      return fail(line, "the alias names an anchor that is not above it");
    Node node;
    node.kind = NodeKind::Alias;
    node.offset = anchor->second;
    node.end = static_cast<std::uint32_t>(tree_.nodes.size()) + 1;
    if (tree_.nodes[node.offset].end == 0)
      return fail(line, "the alias stands inside its own anchor");
    return add_node(event, node);
  }

  std::optional<Error> open(const Event& event, NodeKind kind, const yaml_char_t* anchor) {
    name_anchor(anchor);
    open_.push_back(static_cast<std::uint32_t>(tree_.nodes.size()));
    if (open_.size() > limits::kDepth) {
      return too_large(event, fmt::format("nested deeper than {} levels", limits::kDepth));
    }
    Node node;
    node.kind = kind;
    return add_node(event, node);
  }

  void close() {
    tree_.nodes[open_.back()].end = static_cast<std::uint32_t>(tree_.nodes.size());
    open_.pop_back();
  }

  void name_anchor(const yaml_char_t* anchor) {
    if (anchor == nullptr) return;
    anchors_.insert_or_assign(std::string(view(anchor)),
                              static_cast<std::uint32_t>(tree_.nodes.size()));
  }

  Error fail(std::size_t line, std::string message) const {
    return at_first_line(error_in(text_, static_cast<int>(line) + 1, std::move(message)));
  }

  Error too_large(const Event& event, std::string message) const {
    return {Error::Code::TooLarge, std::move(message),
            first_line_ + static_cast<int>(event->start_mark.line)};
  }

  [[nodiscard]] Error at_first_line(Error error) const {
    error.line += first_line_ - 1;
    return error;
  }

  std::string_view text_;
  int first_line_;
  Tree tree_;
  std::vector<std::uint32_t> open_;
  std::map<std::string, std::uint32_t, std::less<>> anchors_;
  std::optional<std::size_t> refused_quote_;
};

// The text with ' for every \' from `begin` to the end of the double quotes around it.
std::string without_escaped_quotes(std::string_view text, std::size_t begin) {
  std::string repaired(text.substr(0, begin));
  std::size_t i = begin;
  while (i < text.size() && text[i] != '"') {
    const bool is_escape = text[i] == '\\';
    const std::size_t size = is_escape ? 2 : 1;
    repaired += is_escape && text.substr(i).starts_with("\\'") ? "'" : text.substr(i, size);
    i += size;
  }
  if (i < text.size()) repaired += text.substr(i);
  return repaired;
}

}  // namespace

// go-yaml takes \' in double quotes, libyaml does not. What stands to the right of one on the same
// line gets a column that is too small by one.
Result<Tree> read_tree(std::string_view text, int first_line, std::size_t& bytes_to_repeat) {
  for (std::string repaired;;) {
    TreeBuilder builder(text, first_line);
    Result<Tree> tree = builder.build();
    const std::optional<std::size_t> quote = builder.refused_quote();
    if (!quote || bytes_to_repeat < text.size()) return tree;
    bytes_to_repeat -= text.size();
    repaired = without_escaped_quotes(text, *quote);
    text = repaired;
  }
}

}  // namespace pxguard::yaml
