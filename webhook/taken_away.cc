#include "webhook/taken_away.h"

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "rules/patch_tree.h"

namespace pxguard::webhook {
namespace {

using rules::Edit;

// The same place in another version of the object: elements by their names, where they have one.
json::Value counterpart(json::Value now, json::Value old, std::string_view pointer) {
  const auto segments = rules::pointer_segments(pointer);
  if (!segments) return {};
  for (const std::string& segment : *segments) {
    if (!now.is_array()) {
      now = now[segment];
      old = old[segment];
      continue;
    }
    const auto position = rules::list_position(segment);
    json::Value next;
    std::size_t index = 0;
    for (const json::Value element : now.elements())
      if (position && index++ == *position) next = element;
    const std::string_view name = next["name"].text();
    json::Value same;
    for (const json::Value element : old.elements())
      if (!name.empty() && element["name"].text() == name) same = element;
    now = next;
    old = same;
  }
  return old;
}

std::string text_of(json::Value value) {
  return value.is_absent() ? std::string() : rules::PatchTree(value).json();
}

std::string canonical(const std::string& json) {
  const auto document = json::Document::parse(json);
  return document ? text_of(document->root()) : std::string();
}

bool has_element(json::Value list, const std::string& wanted) {
  for (const json::Value element : list.elements()) {
    if (text_of(element) == wanted) return true;
  }
  return false;
}

bool has_named(json::Value list, std::string_view name) {
  for (const json::Value element : list.elements()) {
    if (element["name"].text() == name) return true;
  }
  return false;
}

std::string_view above(std::string_view pointer) { return rules::parent_of(pointer); }

// A value, or an element of a list of texts, or the name of an element.
bool was_replaced(const std::string& pointer, const std::string& value, json::Value now,
                  json::Value old) {
  if (now.find(above(pointer)).is_array())
    return has_element(counterpart(now, old, above(pointer)), value);
  const std::string_view list = above(above(pointer));
  if (pointer.ends_with("/name") && now.find(list).is_array()) {
    const auto name = json::Document::parse(value);
    return name && has_named(counterpart(now, old, list), name->root().text());
  }
  return text_of(counterpart(now, old, pointer)) == value;
}

// A member or an element that the old version did not have.
bool was_absent(const std::string& pointer, json::Value now, json::Value old) {
  const json::Value parent = counterpart(now, old, above(pointer));
  const json::Value element = now.find(pointer);
  if (!now.find(above(pointer)).is_array())
    return parent.is_object() && counterpart(now, old, pointer).is_absent();
  const std::string_view name = element["name"].text();
  return name.empty() ? !has_element(parent, text_of(element)) : !has_named(parent, name);
}

}  // namespace

bool was_so(const Edit& edit, json::Value now, json::Value old) {
  const std::string pointer = edit.at.pointer();
  const json::Value place = counterpart(now, old, pointer);
  const json::Value parent = counterpart(now, old, above(pointer));
  const std::string value = canonical(edit.value);
  switch (edit.kind) {
    case Edit::Kind::Add: return text_of(place) == value;
    case Edit::Kind::Replace: return was_replaced(pointer, value, now, old);
    case Edit::Kind::Append: return has_element(place, value);
    case Edit::Kind::Insert: return has_element(parent, value);
    case Edit::Kind::Remove: return was_absent(pointer, now, old);
    case Edit::Kind::Rename: {
      const auto key = json::Document::parse(edit.value);
      return key && parent[key->root().text()].is_set();
    }
  }
  std::abort();
}

}  // namespace pxguard::webhook
