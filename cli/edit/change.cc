#include "cli/edit/change.h"

#include <utility>

#include "base/json_text.h"
#include "rules/patch_tree.h"

namespace pxguard::edit {
namespace {

using rules::PatchOp;
using yaml::LayoutNode;
using yaml::Style;

bool is_container(json::Value value) { return value.is_object() || value.is_array(); }

bool is_in_flow(const Page& page, std::uint32_t parent) { return page.node(parent).is_flow(); }

Result<Splices> rewrite(const Page& page, std::uint32_t index, const std::string& text) {
  const LayoutNode& node = page.node(index);
  if (node.style == Style::Alias)
    return invalid_input("it is an alias: edit what the anchor stands for");
  if (node.has_tag) return invalid_input("it has a tag (!!)");
  if (node.style == Style::BlockScalar)
    return invalid_input("it is a text of several lines (| or >)");
  if (!node.is_scalar()) return invalid_input("it is no single value");
  const bool needs_blank = node.begin == node.end;
  return Splices{{node.begin, node.end, (needs_blank ? " " : "") + text}};
}

// A key whose value is nothing, {} or []: the lines go below it. `value`: what it is to hold.
Result<Splices> fill_below(const Page& page, std::uint32_t key, std::uint32_t value_node,
                           json::Value value) {
  const LayoutNode& old = page.node(value_node);
  const auto colon = page.after_colon(key);
  if (!colon || *colon > old.begin || old.has_anchor || old.has_tag)
    return invalid_input("it is written in an unusual way");
  if (page.line_begin(*colon) != page.line_begin(old.end) || !page.is_last_in_line(old.end))
    return invalid_input("something else stands in its line");
  const std::size_t column = page.column(page.node(key).begin);
  const std::size_t below =
      column + (value.is_array() ? page.manner().sequence_offset : page.manner().step);
  Splices splices{{*colon, old.end, ""}};
  splices.push_back(
      page.insert_lines(page.line_after(old.end), write_below(value, below, page.manner())));
  return splices;
}

// The value of a key that has none yet.
Result<Splices> fill(const Page& page, const Spot& spot, json::Value value) {
  if (!is_container(value) || value.empty()) {
    const bool in_flow = is_in_flow(page, spot.parent);
    return rewrite(page, *spot.value,
                   is_container(value) ? write_flow(value, Style::Plain, page.manner())
                                       : write_scalar(value, Style::Plain, page.manner(), in_flow));
  }
  if (page.node(spot.parent).style == Style::BlockMapping)
    return fill_below(page, *spot.key, *spot.value, value);
  return rewrite(page, *spot.value, write_flow(value, Style::Plain, page.manner()));
}

// An empty {} or [] of a block becomes a block itself.
Result<Splices> first_in_block(const Page& page, const Spot& spot, const std::string& json) {
  const std::uint32_t container = spot.parent;
  const LayoutNode& holder = page.node(page.node(container).parent);
  for (std::size_t i = 0; i + 1 < holder.children.size(); i += 2) {
    if (holder.children[i + 1] != container) continue;
    const auto document = json::Document::parse(
        page.node(container).is_sequence() ? '[' + json + ']'
                                           : '{' + json::quote(spot.segment) + ':' + json + '}');
    if (!document) break;
    return fill_below(page, holder.children[i], container, document->root());
  }
  return invalid_input("it is written in an unusual way");
}

Result<Splices> insertion(const Page& page, const Spot& spot, const std::string& json) {
  const auto document = json::Document::parse(json);
  if (!document) return document.error();
  const json::Value value = document->root();
  const LayoutNode& parent = page.node(spot.parent);
  if (spot.key && page.is_null(*spot.value)) return fill(page, spot, value);
  if (spot.key) return invalid_input("something stands there");
  if (!parent.is_flow()) return block_insertion(page, spot, value);
  const LayoutNode& around = page.node(parent.parent);
  const bool may_be_block =
      parent.children.empty() && spot.parent != 0 && around.style == Style::BlockMapping;
  if (may_be_block) {
    if (auto splices = first_in_block(page, spot, json)) return splices;
  }
  return flow_insertion(page, spot, value);
}

Result<Splices> renaming(const Page& page, const Spot& spot, const PatchOp& op) {
  if (!spot.key || rules::parent_of(op.path) != rules::parent_of(op.from))
    return invalid_input("it moves to another place");
  const LayoutNode& key = page.node(*spot.key);
  const std::string name = json::unescape_pointer_segment(op.path.substr(op.path.rfind('/') + 1));
  return rewrite(page, *spot.key,
                 write_key(name, key.style, page.manner(), is_in_flow(page, spot.parent)));
}

Result<Splices> replacement(const Page& page, const Spot& spot, json::Value value) {
  if (!spot.value) return invalid_input("nothing stands there");
  if (is_container(value)) return invalid_input("it would become a list or a map");
  // The words of YAML for what was a text, and quotes for what was none, are chosen anew.
  return rewrite(page, *spot.value,
                 write_scalar(value, page.node(*spot.value).style, page.manner(),
                              is_in_flow(page, spot.parent)));
}

Result<Splices> splices_of(const Page& page, const PatchOp& op) {
  const auto spot = page.find(op.kind == PatchOp::Kind::Move ? op.from : op.path);
  if (!spot) return spot.error();
  if (op.kind == PatchOp::Kind::Move) return renaming(page, *spot, op);
  if (op.kind == PatchOp::Kind::Remove) {
    if (!spot->value) return invalid_input("nothing stands there");
    return page.node(spot->parent).is_flow() ? flow_removal(page, *spot)
                                             : block_removal(page, *spot);
  }
  if (op.kind == PatchOp::Kind::Add) return insertion(page, *spot, op.value);
  const auto value = json::Document::parse(op.value);
  if (!value) return value.error();
  return replacement(page, *spot, value->root());
}

}  // namespace

Result<std::string> changed(std::string_view text, const PatchOp& op) {
  // Whoever has the object has tested it.
  if (op.kind == PatchOp::Kind::Test) return std::string(text);
  const auto page = Page::of(text);
  if (!page) return page.error();
  auto splices = splices_of(*page, op);
  if (!splices) return splices.error();
  return spliced(text, std::move(splices).value());
}

}  // namespace pxguard::edit
