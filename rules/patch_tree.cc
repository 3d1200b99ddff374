#include "rules/patch_tree.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json_copy.h"
#include "base/json_text.h"
#include "base/text.h"

namespace pxguard::rules {
namespace {

using Json = nlohmann::json;

std::optional<Json> parsed(std::string_view text) {
  const auto document = json::Document::parse(text);
  if (!document) return std::nullopt;
  return json::copy_of(document->root());
}

template <class Node>
Node* find(Node& root, std::string_view pointer) {
  const auto segments = pointer_segments(pointer);
  if (!segments) return nullptr;
  Node* node = &root;
  for (const std::string& segment : *segments) {
    if (node->is_object()) {
      const auto member = node->find(segment);
      if (member == node->end()) return nullptr;
      node = &*member;
    } else if (node->is_array()) {
      const auto position = list_position(segment);
      if (!position || *position >= node->size()) return nullptr;
      node = &(*node)[*position];
    } else {
      return nullptr;
    }
  }
  return node;
}

std::string last_segment(std::string_view pointer) {
  return json::unescape_pointer_segment(pointer.substr(pointer.rfind('/') + 1));
}

bool add(Json& root, std::string_view pointer, Json value) {
  if (pointer.empty()) {
    root = std::move(value);
    return true;
  }
  Json* parent = find(root, parent_of(pointer));
  if (parent == nullptr) return false;
  const std::string segment = last_segment(pointer);
  if (parent->is_object()) {
    (*parent)[segment] = std::move(value);
    return true;
  }
  if (!parent->is_array()) return false;
  const auto position = segment == "-" ? parent->size() : list_position(segment);
  if (!position || *position > parent->size()) return false;
  parent->insert(parent->begin() + static_cast<std::ptrdiff_t>(*position), std::move(value));
  return true;
}

bool remove(Json& root, std::string_view pointer) {
  if (pointer.empty() || find(root, pointer) == nullptr) return false;
  Json* parent = find(root, parent_of(pointer));
  const std::string segment = last_segment(pointer);
  if (parent->is_object())
    parent->erase(segment);
  else
    parent->erase(*list_position(segment));
  return true;
}

}  // namespace

struct PatchTree::Root {
  Json json;
};

PatchTree::PatchTree(json::Value root) : root_(std::make_unique<Root>(Root{json::copy_of(root)})) {}
PatchTree::~PatchTree() = default;

std::optional<std::string> PatchTree::apply(const PatchOp& op) {
  Json& root = root_->json;
  const bool has_value = op.kind != PatchOp::Kind::Remove && op.kind != PatchOp::Kind::Move;
  std::optional<Json> value = has_value ? parsed(op.value) : Json();
  const auto refuse = [&op](std::string_view why) {
    return printable(op.path, 200) + ": " + std::string(why);
  };
  if (!value) return refuse("the value is not JSON");
  Json* const there = find(root, op.path);
  switch (op.kind) {
    case PatchOp::Kind::Test:
      if (there == nullptr || *there != *value) return refuse("something else stands there");
      return std::nullopt;
    case PatchOp::Kind::Add:
      if (!add(root, op.path, *std::move(value))) return refuse("there is no place for it");
      return std::nullopt;
    case PatchOp::Kind::Replace:
      if (there == nullptr) return refuse("nothing stands there");
      *there = *std::move(value);
      return std::nullopt;
    case PatchOp::Kind::Remove:
      if (!remove(root, op.path)) return refuse("nothing stands there");
      return std::nullopt;
    case PatchOp::Kind::Move: break;
  }
  const Json* const moved = find(root, op.from);
  const bool is_inside = op.path == op.from || op.path.starts_with(op.from + '/');
  // Of a map only, so that taking it away moves no place.
  const Json* const old_parent = find(root, parent_of(op.from));
  if (moved == nullptr || is_inside || !old_parent->is_object())
    return refuse("nothing can be moved there");
  if (!add(root, op.path, Json(*moved))) return refuse("there is no place for it");
  remove(root, op.from);
  return std::nullopt;
}

bool PatchTree::exists(std::string_view pointer) const {
  return find(std::as_const(root_->json), pointer) != nullptr;
}

bool PatchTree::is_set(std::string_view pointer) const {
  const Json* value = find(std::as_const(root_->json), pointer);
  return value != nullptr && !value->is_null();
}

bool PatchTree::is_map(std::string_view pointer) const {
  const Json* value = find(std::as_const(root_->json), pointer);
  return value != nullptr && value->is_object();
}

bool PatchTree::is_list(std::string_view pointer) const {
  const Json* value = find(std::as_const(root_->json), pointer);
  return value != nullptr && value->is_array();
}

std::optional<std::string> PatchTree::text(std::string_view pointer) const {
  const Json* value = find(std::as_const(root_->json), pointer);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

std::string PatchTree::json() const { return root_->json.dump(); }

std::optional<std::vector<std::string>> pointer_segments(std::string_view pointer) {
  std::vector<std::string> segments;
  if (pointer.empty()) return segments;
  if (!pointer.starts_with('/')) return std::nullopt;
  for (const std::string_view segment : split(pointer.substr(1), '/'))
    segments.push_back(json::unescape_pointer_segment(segment));
  return segments;
}

std::optional<std::size_t> list_position(std::string_view segment) {
  std::size_t position = 0;
  const char* const end = segment.data() + segment.size();
  const auto [last, error] = std::from_chars(segment.data(), end, position);
  const bool is_number = !segment.empty() && error == std::errc{} && last == end;
  const bool is_canonical = is_number && (segment.size() == 1 || segment.front() != '0');
  return is_canonical ? std::optional(position) : std::nullopt;
}

std::string_view parent_of(std::string_view pointer) {
  const std::size_t slash = pointer.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : pointer.substr(0, slash);
}

}  // namespace pxguard::rules
