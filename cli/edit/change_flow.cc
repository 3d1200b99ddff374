#include <utility>

#include "cli/edit/change.h"

namespace pxguard::edit {
namespace {

using yaml::LayoutNode;
using yaml::Style;

// The children of a list, or the pairs of a map.
class Units {
 public:
  Units(const Page& page, const LayoutNode& container)
      : page_(page), container_(container), step_(container.is_mapping() ? 2 : 1) {}

  [[nodiscard]] std::size_t size() const { return container_.children.size() / step_; }
  [[nodiscard]] std::size_t begin(std::size_t i) const {
    return page_.node(container_.children[i * step_]).begin;
  }
  [[nodiscard]] std::size_t end(std::size_t i) const {
    const std::size_t key = page_.node(container_.children[i * step_]).end;
    return std::max(key, page_.node(container_.children[i * step_ + step_ - 1]).end);
  }

 private:
  const Page& page_;
  const LayoutNode& container_;
  std::size_t step_;
};

// Each in a line of its own.
bool is_printed(const Page& page, std::uint32_t index) {
  const LayoutNode& node = page.node(index);
  if (!node.is_flow()) return false;
  if (node.children.empty()) return node.parent != index && is_printed(page, node.parent);
  return page.line_begin(node.begin) != page.line_begin(page.node(node.children.front()).begin);
}

std::string unit_text(const Page& page, const Spot& spot, json::Value value, std::size_t indent,
                      bool printed) {
  const LayoutNode& container = page.node(spot.parent);
  const bool is_list = !container.is_mapping();
  const bool has_like = is_list && !container.children.empty();
  const LayoutNode* const like = has_like ? &page.node(container.children.front()) : nullptr;
  const Style quotes = like != nullptr && like->is_scalar() ? like->style : Style::Plain;
  // What stands beside is in one line, so this is as well.
  const bool is_split = printed && !(like != nullptr && like->is_flow() &&
                                     page.line_begin(like->begin) == page.line_begin(like->end));
  const std::string text = is_split && page.manner().is_json
                               ? write_printed(value, indent, page.manner())
                               : write_flow(value, quotes, page.manner());
  if (is_list) return text;
  const std::string colon = page.manner().is_spaced || !page.manner().is_json ? ": " : ":";
  return write_key(spot.segment, Style::Plain, page.manner(), true) + colon + text;
}

// The only one in its brackets.
Splices first_unit(const Page& page, const Spot& spot, json::Value value) {
  const LayoutNode& container = page.node(spot.parent);
  const bool printed = is_printed(page, spot.parent);
  const std::size_t outer = page.indentation(container.begin);
  const std::size_t indent = outer + page.manner().step;
  std::string text = unit_text(page, spot, value, indent, printed);
  if (printed) {
    const std::string& line = page.manner().line_break;
    text = line + std::string(indent, ' ') + text + line + std::string(outer, ' ');
  }
  return {{container.begin + 1, container.end - 1, std::move(text)}};
}

Splices last_unit(const Page& page, const Spot& spot, json::Value value, const Units& units) {
  const std::size_t last = units.size() - 1;
  const std::size_t end = units.end(last);
  const std::size_t next = yaml::next_token(page.text(), end);
  const bool has_comma = next < page.text().size() && page.text()[next] == ',';
  const std::size_t behind = has_comma ? next + 1 : end;
  const bool printed = is_printed(page, spot.parent);
  const std::size_t indent = page.indentation(units.begin(last));
  const std::string text = unit_text(page, spot, value, indent, printed);
  const std::string line = page.manner().line_break + std::string(indent, ' ');
  Splices splices;
  if (!has_comma) splices.push_back({end, end, ","});
  if (!printed) {
    const bool is_spaced = page.manner().is_spaced || !page.manner().is_json;
    splices.push_back({behind, behind, (is_spaced ? " " : "") + text});
    return splices;
  }
  // A comment in the line of the last one stays with it.
  std::size_t at = behind;
  if (page.is_last_in_line(behind)) {
    at = std::min(page.text().find('\n', behind), page.text().size());
    if (at > 0 && page.text()[at - 1] == '\r') --at;
  }
  splices.push_back({at, at, line + text});
  return splices;
}

}  // namespace

Result<Splices> flow_insertion(const Page& page, const Spot& spot, json::Value value) {
  const LayoutNode& container = page.node(spot.parent);
  const Units units(page, container);
  if (units.size() == 0) {
    if (!page.comments(container.begin, container.end).empty())
      return invalid_input("there are comments between its brackets");
    return first_unit(page, spot, value);
  }
  if (container.is_mapping() || spot.position >= units.size())
    return last_unit(page, spot, value, units);
  const bool printed = is_printed(page, spot.parent);
  const std::size_t at = units.begin(spot.position);
  const bool is_spaced = page.manner().is_spaced || !page.manner().is_json;
  const std::string behind =
      printed ? ',' + page.manner().line_break + std::string(page.indentation(at), ' ')
              : std::string(is_spaced ? ", " : ",");
  return Splices{{at, at, unit_text(page, spot, value, page.indentation(at), printed) + behind}};
}

Result<Splices> flow_removal(const Page& page, const Spot& spot) {
  const LayoutNode& container = page.node(spot.parent);
  const Units units(page, container);
  std::size_t i = spot.position;
  if (container.is_mapping()) {
    for (i = 0; i < units.size() && container.children[i * 2] != *spot.key;) ++i;
  }
  std::size_t begin = units.begin(i);
  std::size_t end = units.end(i);
  if (i + 1 < units.size()) {
    end = units.begin(i + 1);
  } else if (i > 0) {
    begin = units.end(i - 1);
  } else {
    const std::size_t next = yaml::next_token(page.text(), end);
    if (next < page.text().size() && page.text()[next] == ',') end = next + 1;
  }
  const auto kept = page.comments(begin, end);
  if (kept.empty()) return Splices{{begin, end, ""}};
  if (i + 1 == units.size()) return invalid_input("its comments would have no place");
  const std::string line = page.manner().line_break + std::string(page.indentation(begin), ' ');
  std::string text;
  for (const std::string& comment : kept) text += comment + line;
  return Splices{{begin, end, std::move(text)}};
}

}  // namespace pxguard::edit
