#include "base/json.h"

#include "base/json_text.h"

#include <string.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <functional>
#include <optional>

namespace pxguard::json {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::Null: return "null";
    case Kind::Boolean: return "a boolean";
    case Kind::Integer:
    case Kind::Number: return "a number";
    case Kind::String: return "a string";
    case Kind::Array: return "a list";
    case Kind::Object: return "an object";
  }
  std::abort();
}

Document::~Document() {
  if (!text_.empty()) explicit_bzero(text_.data(), text_.size());
}

std::uint32_t Document::after(std::uint32_t node) const {
  const Node& at = nodes_[node];
  return at.kind == Kind::Object || at.kind == Kind::Array ? at.place : node + 1;
}

std::uint32_t Document::hash_of(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(key));
}

// Strangers choose the keys, so equal hashes are no rarity: then the text decides.
bool Document::is_before(const SortedKey& a, std::uint32_t hash, std::string_view key) const {
  return a.hash != hash ? a.hash < hash : text_of(nodes_[a.node]) < key;
}

// The key's node, or 0 (the root is never a key).
std::uint32_t Document::member(std::uint32_t object, std::string_view key) const {
  const Node& at = nodes_[object];
  if (at.kind != Kind::Object) return 0;
  if (at.sorted != 0) {
    const auto begin = sorted_keys_.begin() + (at.sorted - 1);
    const auto end = begin + at.size;
    const std::uint32_t hash = hash_of(key);
    const auto found = std::lower_bound(begin, end, key,
                                        [this, hash](const SortedKey& a, std::string_view wanted) {
                                          return is_before(a, hash, wanted);
                                        });
    return found != end && text_of(nodes_[found->node]) == key ? found->node : 0;
  }
  for (std::uint32_t node = object + 1; node < at.place; node = after(node + 1)) {
    const Node& candidate = nodes_[node];
    if (candidate.size == key.size() && !candidate.hidden && text_of(candidate) == key) return node;
  }
  return 0;
}

namespace {

std::optional<std::size_t> array_index(std::string_view segment) {
  if (segment.empty() || segment.size() > 9) return std::nullopt;
  if (segment.size() > 1 && segment[0] == '0') return std::nullopt;
  std::size_t index = 0;
  for (const char c : segment) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index;
}

Value step(Value value, std::string_view segment) {
  if (value.is_array()) {
    auto index = array_index(segment);
    if (!index || *index >= value.size()) return {};
    for (const Value element : value.elements()) {
      if ((*index)-- == 0) return element;
    }
  }
  return value[unescape_pointer_segment(segment)];
}

// Walks `pointer` as far as it leads; `complete` says whether it led to its end.
Value walk(Value value, std::string_view pointer, bool& complete) {
  complete = pointer.empty() || pointer.front() == '/';
  while (complete && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t slash = std::min(pointer.find('/'), pointer.size());
    const Value next = step(value, pointer.substr(0, slash));
    if (next.is_absent())
      complete = false;
    else
      value = next;
    pointer.remove_prefix(slash);
  }
  return value;
}

}  // namespace

Value Value::find(std::string_view pointer) const {
  bool complete = false;
  const Value value = walk(*this, pointer, complete);
  return complete ? value : Value{};
}

Value Value::nearest(std::string_view pointer) const {
  bool complete = false;
  return walk(*this, pointer, complete);
}

std::string Document::pointer_of(std::uint32_t target) const {
  std::string pointer;
  std::uint32_t container = 0;
  while (container < target && target < after(container)) {
    const bool is_object = nodes_[container].kind == Kind::Object;
    std::uint32_t node = container + 1;
    std::size_t index = 0;
    while (node < nodes_[container].place) {
      const std::uint32_t value = is_object ? node + 1 : node;
      if (target < after(value)) {
        pointer += '/';
        pointer += is_object ? pointer_segment(text_of(nodes_[node])) : std::to_string(index);
        if (target <= value) return pointer;
        container = value;
        break;
      }
      node = after(value);
      ++index;
    }
  }
  return pointer;
}

Kind Value::kind() const { return document_->nodes_[node_].kind; }

Value Value::operator[](std::string_view key) const {
  if (!is_object()) return {};
  const std::uint32_t found = document_->member(node_, key);
  return found == 0 ? Value{} : Value{document_, found + 1};
}

Value Value::at(std::string_view dotted) const {
  Value value = *this;
  while (!dotted.empty() && !value.is_absent()) {
    const std::size_t dot = std::min(dotted.find('.'), dotted.size());
    value = value[dotted.substr(0, dot)];
    dotted.remove_prefix(std::min(dot + 1, dotted.size()));
  }
  return value;
}

std::size_t Value::size() const {
  return is_object() || is_array() ? document_->nodes_[node_].size : 0;
}

std::string_view Value::text() const {
  return is_string() ? document_->text_of(document_->nodes_[node_]) : std::string_view{};
}

bool Value::boolean_or(bool otherwise) const {
  return is(Kind::Boolean) ? document_->nodes_[node_].size != 0 : otherwise;
}

std::int64_t Value::integer_or(std::int64_t otherwise) const {
  if (!is(Kind::Integer)) return otherwise;
  return std::bit_cast<std::int64_t>(document_->nodes_[node_].bits());
}

double Value::number_or(double otherwise) const {
  if (is(Kind::Integer)) return static_cast<double>(integer_or(0));
  if (!is(Kind::Number)) return otherwise;
  return std::bit_cast<double>(document_->nodes_[node_].bits());
}

bool Value::contains(std::uint32_t node) const {
  return !is_absent() && node >= node_ && node < document_->after(node_);
}

Value::Elements Value::elements() const {
  if (!is_array()) return {document_, 0, 0};
  return {document_, node_ + 1, document_->nodes_[node_].place};
}

Value::Members Value::members() const {
  if (!is_object()) return {document_, 0, 0};
  return {document_, node_ + 1, document_->nodes_[node_].place};
}

Value::Elements::Iterator& Value::Elements::Iterator::operator++() {
  node_ = document_->after(node_);
  return *this;
}

Value::Members::Iterator::Iterator(const Document* document, std::uint32_t node, std::uint32_t end)
    : document_(document), node_(node), end_(end) {
  skip_hidden();
}

void Value::Members::Iterator::skip_hidden() {
  while (node_ < end_ && document_->nodes_[node_].hidden) node_ = document_->after(node_ + 1);
}

Member Value::Members::Iterator::operator*() const {
  return {document_->text_of(document_->nodes_[node_]), Value{document_, node_ + 1}, node_};
}

Value::Members::Iterator& Value::Members::Iterator::operator++() {
  node_ = document_->after(node_ + 1);
  skip_hidden();
  return *this;
}

}  // namespace pxguard::json
