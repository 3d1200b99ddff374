// A value of a document as a tree that can be changed.
//
// Threads: safe.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace pxguard::json {

// Documents are never deeper than limits::kDepth, which bounds the recursion.
inline nlohmann::json copy_of(Value value) {
  if (!value.is_set()) return nullptr;
  switch (value.kind()) {
    case Kind::Null: return nullptr;
    case Kind::Boolean: return value.boolean_or(false);
    case Kind::Integer: return value.integer_or(0);
    case Kind::Number: return value.number_or(0);
    case Kind::String: return std::string(value.text());
    case Kind::Array: {
      nlohmann::json list = nlohmann::json::array();
      for (const Value element : value.elements()) list.push_back(copy_of(element));
      return list;
    }
    case Kind::Object: break;
  }
  nlohmann::json map = nlohmann::json::object();
  for (const auto& [key, member, node] : value.members()) map[std::string(key)] = copy_of(member);
  return map;
}

}  // namespace pxguard::json
