#include "cli/edit/page.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "rules/patch_tree.h"

namespace pxguard::edit {
namespace {

using yaml::LayoutNode;
using yaml::Style;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

Result<Page> Page::of(std::string_view text) {
  auto layout = yaml::read_layout(text);
  if (!layout) return layout.error();
  return Page(text, std::move(layout).value());
}

Page::Page(std::string_view text, yaml::Layout layout) : text_(text), layout_(std::move(layout)) {
  learn_manner();
}

// What is written in an unusual way teaches nothing.
std::optional<std::size_t> Page::inset_of(const LayoutNode& child, const LayoutNode& parent) const {
  constexpr std::size_t kMostInset = 16;
  const std::size_t inner = column(child.begin);
  const std::size_t outer = column(parent.begin);
  if (inner < outer || inner - outer > kMostInset) return std::nullopt;
  return inner - outer;
}

// In the line of its dash, with nothing but blanks between.
bool Page::is_behind_dash(const LayoutNode& child) const {
  const std::size_t begin = line_begin(child.begin);
  const std::string_view before = text_.substr(begin, child.begin - begin);
  const std::size_t dash = before.find_last_not_of(' ');
  const auto inset = inset_of(child, node(child.parent));
  return dash != std::string_view::npos && before[dash] == '-' && inset && *inset > 1 &&
         dash == column(node(child.parent).begin);
}

// From the first of each kind: files are written by one hand, or printed by one program.
void Page::learn_manner() {
  const std::size_t line_feed = text_.find('\n');
  const bool is_dos =
      line_feed != std::string_view::npos && line_feed > 0 && text_[line_feed - 1] == '\r';
  manner_.line_break = is_dos ? "\r\n" : "\n";
  manner_.is_json = node(0).is_flow() && json::Document::parse(text_).has_value();
  bool knows_step = false;
  bool knows_offset = false;
  bool knows_gap = false;
  for (const LayoutNode& child : layout_.nodes) {
    const LayoutNode& parent = node(child.parent);
    if (&child == &parent || parent.is_flow()) continue;
    const bool is_in_map = parent.style == Style::BlockMapping;
    const auto inset = inset_of(child, parent);
    if (is_in_map && child.style == Style::BlockMapping && inset.value_or(0) > 0 &&
        !std::exchange(knows_step, true))
      manner_.step = *inset;
    if (is_in_map && child.style == Style::BlockSequence && inset &&
        !std::exchange(knows_offset, true))
      manner_.sequence_offset = *inset;
    if (is_in_map || child.has_anchor || child.has_tag || knows_gap || !is_behind_dash(child))
      continue;
    knows_gap = true;
    manner_.gap = *inset;
  }
  if (!node(0).is_flow() || node(0).children.size() < 2) return;
  if (!manner_.is_json) return;
  const auto colon = text_.find(':', node(node(0).children.front()).end);
  manner_.is_spaced = colon + 1 < text_.size() && text_[colon + 1] == ' ';
  const LayoutNode& first = node(node(0).children.front());
  const bool is_printed = text_.substr(0, first.begin).find('\n') != std::string_view::npos;
  if (is_printed) manner_.step = std::max<std::size_t>(indentation(first.begin), 1);
}

Result<std::optional<std::uint32_t>> Page::member(std::uint32_t mapping,
                                                  std::string_view key) const {
  std::optional<std::uint32_t> found;
  const auto& children = node(mapping).children;
  for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
    const LayoutNode& candidate = node(children[i]);
    if (!candidate.is_scalar() || candidate.text != key) continue;
    if (found) return invalid_input("the key \"" + printable(key, 60) + "\" stands there twice");
    found = static_cast<std::uint32_t>(i);
  }
  return found;
}

Result<Spot> Page::find(std::string_view pointer) const {
  const auto segments = rules::pointer_segments(pointer);
  if (!segments || segments->empty()) return invalid_input("the object as a whole");
  Spot spot;
  for (std::size_t i = 0; i < segments->size(); ++i) {
    const std::string& segment = (*segments)[i];
    const bool is_last = i + 1 == segments->size();
    const LayoutNode& parent = node(spot.parent);
    spot.segment = segment;
    if (parent.style == Style::Alias)
      return invalid_input("it comes from an alias: edit what the anchor stands for");
    if (parent.is_mapping()) {
      const auto found = member(spot.parent, segment);
      if (!found) return found.error();
      if (*found) {
        spot.key = parent.children[**found];
        spot.value = parent.children[**found + 1];
      }
    } else if (parent.is_sequence()) {
      const auto position = segment == "-" ? parent.children.size() : rules::list_position(segment);
      if (!position || *position > parent.children.size())
        return invalid_input("nothing stands there");
      spot.position = *position;
      if (*position < parent.children.size()) spot.value = parent.children[*position];
    }
    if (is_last) break;
    if (!spot.value) {
      const auto merge = member(spot.parent, "<<");
      return invalid_input(merge && *merge ? "it comes from a merge (<<): edit what is merged"
                                           : "nothing stands there");
    }
    spot = {.parent = *spot.value};
  }
  const LayoutNode& parent = node(spot.parent);
  if (parent.style == Style::Alias)
    return invalid_input("it comes from an alias: edit what the anchor stands for");
  if (!parent.is_mapping() && !parent.is_sequence())
    return invalid_input("nothing can stand there");
  return spot;
}

std::size_t Page::line_begin(std::size_t at) const {
  if (at == 0) return 0;
  const std::size_t line_feed = text_.rfind('\n', at - 1);
  return line_feed == std::string_view::npos ? 0 : line_feed + 1;
}

std::size_t Page::line_after(std::size_t at) const {
  if (at > 0 && at <= text_.size() && text_[at - 1] == '\n') return at;
  const std::size_t line_feed = text_.find('\n', at);
  return line_feed == std::string_view::npos ? text_.size() : line_feed + 1;
}

std::size_t Page::indentation(std::size_t at) const {
  const std::size_t line = line_begin(at);
  std::size_t end = line;
  while (end < text_.size() && text_[end] == ' ') ++end;
  return end - line;
}

bool Page::is_first_in_line(std::size_t at) const {
  const std::size_t line = line_begin(at);
  return std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(line),
                     text_.begin() + static_cast<std::ptrdiff_t>(at), is_blank);
}

bool Page::is_last_in_line(std::size_t at) const {
  const std::size_t end = std::min(text_.find('\n', at), text_.size());
  return yaml::next_token(text_.substr(0, end), at) == end;
}

std::size_t Page::dash(std::uint32_t sequence, std::size_t position) const {
  const LayoutNode& list = node(sequence);
  const std::size_t from = position == 0 ? list.begin : node(list.children[position - 1]).end;
  return yaml::next_token(text_, from);
}

std::optional<std::size_t> Page::after_colon(std::uint32_t key) const {
  const std::size_t colon = yaml::next_token(text_, node(key).end);
  if (colon >= text_.size() || text_[colon] != ':') return std::nullopt;
  return colon + 1;
}

bool Page::is_null(std::uint32_t index) const {
  const LayoutNode& scalar = node(index);
  const std::string& text = scalar.text;
  return scalar.style == Style::Plain && !scalar.has_tag &&
         (text.empty() || text == "~" || lower(text) == "null");
}

std::vector<std::string> Page::comments(std::size_t begin, std::size_t end) const {
  std::vector<std::string> found;
  // Nodes stand in the order of the text.
  auto next = layout_.nodes.begin();
  for (std::size_t i = 0; i < end;) {
    while (next != layout_.nodes.end() && (!next->is_scalar() || next->end <= i)) ++next;
    const bool is_block = next != layout_.nodes.end() && next->style == Style::BlockScalar;
    const std::size_t inside =
        next == layout_.nodes.end()
            ? text_.size()
            : (is_block ? std::min(text_.find('\n', next->begin), next->end) : next->begin);
    if (i >= inside) {
      i = next->end;
      continue;
    }
    const bool is_comment = text_[i] == '#' && (i == 0 || is_blank(text_[i - 1]) ||
                                                text_[i - 1] == '\n' || text_[i - 1] == '\r');
    if (!is_comment) {
      ++i;
      continue;
    }
    const std::size_t line_end = std::min(text_.find('\n', i), text_.size());
    std::string_view comment = text_.substr(i, line_end - i);
    while (!comment.empty() && (is_blank(comment.back()) || comment.back() == '\r'))
      comment.remove_suffix(1);
    if (i >= begin) found.emplace_back(comment);
    i = line_end;
  }
  return found;
}

Splice Page::insert_lines(std::size_t at, std::string lines) const {
  const bool is_behind_open_line = at == text_.size() && at > 0 && text_[at - 1] != '\n';
  if (is_behind_open_line) return {at, at, manner_.line_break + std::move(lines)};
  return {at, at, std::move(lines) + manner_.line_break};
}

std::string spliced(std::string_view text, Splices splices) {
  std::stable_sort(splices.begin(), splices.end(),
                   [](const Splice& a, const Splice& b) { return a.begin < b.begin; });
  std::string result;
  std::size_t at = 0;
  for (const Splice& splice : splices) {
    if (splice.begin < at) continue;
    result.append(text.substr(at, splice.begin - at)).append(splice.text);
    at = splice.end;
  }
  return result.append(text.substr(at));
}

}  // namespace pxguard::edit
