#include <algorithm>
#include <utility>

#include "cli/edit/change.h"

namespace pxguard::edit {
namespace {

using yaml::LayoutNode;
using yaml::Style;

std::string lines_of(const std::vector<std::string>& comments, std::size_t column,
                     const Page& page) {
  std::string lines;
  for (const std::string& comment : comments)
    lines += std::string(column, ' ') + comment + page.manner().line_break;
  return lines;
}

Result<Splices> append_member(const Page& page, const Spot& spot, json::Value value) {
  const LayoutNode& mapping = page.node(spot.parent);
  if (!page.is_last_in_line(mapping.end) && page.line_after(mapping.end) != mapping.end)
    return invalid_input("something else stands in its line");
  const std::size_t column = page.column(mapping.begin);
  std::string lines =
      std::string(column, ' ') + write_member(spot.segment, value, column, page.manner());
  return Splices{page.insert_lines(page.line_after(mapping.end), std::move(lines))};
}

// As its neighbour is written: in braces, in quotes.
std::string element_line(const Page& page, const Spot& spot, json::Value value,
                         std::size_t column) {
  const LayoutNode& list = page.node(spot.parent);
  const std::uint32_t neighbour = list.children[std::min(spot.position, list.children.size() - 1)];
  const LayoutNode& like = page.node(neighbour);
  const bool is_short = like.style == Style::FlowMapping && page.is_last_in_line(like.end) &&
                        page.line_begin(like.begin) == page.line_begin(like.end);
  const std::size_t gap = page.manner().gap;
  const std::string head = std::string(column, ' ') + '-' + std::string(gap - 1, ' ');
  if (is_short) return head + write_flow(value, Style::Plain, page.manner());
  const Style quotes =
      like.is_scalar() && like.style != Style::BlockScalar ? like.style : Style::Plain;
  return head + write_element(value, column + gap, quotes, page.manner());
}

Result<Splices> insert_element(const Page& page, const Spot& spot, json::Value value) {
  const LayoutNode& list = page.node(spot.parent);
  if (list.children.empty()) return invalid_input("it is written in an unusual way");
  const std::size_t first = page.dash(spot.parent, 0);
  const std::string line = element_line(page, spot, value, page.column(first));
  if (spot.position > 0) {
    // What stands above an element is about that element.
    const LayoutNode& before = page.node(list.children[spot.position - 1]);
    if (!page.is_last_in_line(before.end) && page.line_after(before.end) != before.end)
      return invalid_input("something else stands in its line");
    return Splices{page.insert_lines(page.line_after(before.end), line)};
  }
  if (!page.is_first_in_line(first)) return invalid_input("something else stands in its line");
  return Splices{page.insert_lines(page.line_begin(first), line)};
}

// Where the container that becomes empty stands: {} or [] comes behind the colon or the dash.
Result<Splices> empty_container(const Page& page, const Spot& spot) {
  const LayoutNode& container = page.node(spot.parent);
  if (spot.parent == 0 || container.has_anchor || container.has_tag)
    return invalid_input("nothing would be left around it");
  const std::string braces = container.is_mapping() ? "{}" : "[]";
  const LayoutNode& holder = page.node(container.parent);
  const std::size_t end = page.line_after(container.end);
  const auto kept = page.comments(container.begin, end);
  if (holder.style == Style::BlockSequence && !page.is_first_in_line(container.begin)) {
    if (!kept.empty()) return invalid_input("its comments would have no place");
    return Splices{{container.begin, container.end, braces}};
  }
  if (holder.style != Style::BlockMapping) return invalid_input("it is written in an unusual way");
  for (std::size_t i = 0; i + 1 < holder.children.size(); i += 2) {
    if (holder.children[i + 1] != spot.parent) continue;
    const auto colon = page.after_colon(holder.children[i]);
    if (!colon || page.line_begin(*colon) == page.line_begin(container.begin))
      return invalid_input("it is written in an unusual way");
    return Splices{{*colon, *colon, ' ' + braces},
                   {page.line_begin(container.begin), end,
                    lines_of(kept, page.column(container.begin), page)}};
  }
  return invalid_input("it is written in an unusual way");
}

// Whole lines, from the beginning of the first.
Splices without_lines(const Page& page, std::size_t begin, std::size_t value_end) {
  const std::size_t end = page.line_after(value_end);
  const auto kept = page.comments(begin, end);
  return {{page.line_begin(begin), end, lines_of(kept, page.column(begin), page)}};
}

// The first member of a map that is an element: the next one takes its place behind the dash.
Result<Splices> without_first(const Page& page, const Spot& spot) {
  const LayoutNode& mapping = page.node(spot.parent);
  const bool is_first = mapping.children.front() == *spot.key;
  if (!is_first || page.node(mapping.parent).style != Style::BlockSequence)
    return invalid_input("something else stands in its line");
  const std::size_t begin = page.node(*spot.key).begin;
  const std::size_t next = page.node(mapping.children[2]).begin;
  const std::size_t line = page.line_begin(begin);
  const auto kept = page.comments(begin, next);
  return Splices{{line, line, lines_of(kept, page.indentation(begin), page)}, {begin, next, ""}};
}

}  // namespace

Result<Splices> block_insertion(const Page& page, const Spot& spot, json::Value value) {
  return page.node(spot.parent).is_mapping() ? append_member(page, spot, value)
                                             : insert_element(page, spot, value);
}

Result<Splices> block_removal(const Page& page, const Spot& spot) {
  const LayoutNode& parent = page.node(spot.parent);
  const LayoutNode& value = page.node(*spot.value);
  const bool is_only = parent.children.size() == (parent.is_mapping() ? 2 : 1);
  if (is_only) return empty_container(page, spot);
  const std::size_t begin =
      parent.is_mapping() ? page.node(*spot.key).begin : page.dash(spot.parent, spot.position);
  const std::size_t end = std::max(value.end, begin + 1);
  if (!page.is_last_in_line(end) && page.line_after(end) != end)
    return invalid_input("something else stands in its line");
  if (page.is_first_in_line(begin)) return without_lines(page, begin, end);
  if (!parent.is_mapping()) return invalid_input("something else stands in its line");
  return without_first(page, spot);
}

}  // namespace pxguard::edit
