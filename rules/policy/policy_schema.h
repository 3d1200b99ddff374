// What a policy file may say, as one table. The reader follows it, and docs/policy.schema.json is
// printed from it, so the two cannot disagree.
//
// Lifetime: everything is constant. Threads: any number may read.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "rules/policy/policy_formats.h"

namespace pxguard::policy {

enum class Type {
  Object,  // the fields that it lists
  Map,     // any key, one shape of value
  List,
  Word,  // one of a few
  Text,
  Boolean,
  Anything,  // read by somebody else
};

struct Field;

struct Shape {
  Type type = Type::Object;
  std::span<const Field> fields{};              // of an Object
  std::size_t at_least = 0;                     // fields that must be there, whichever
  const Shape* element = nullptr;               // of a Map or List
  bool is_by_rule = false;                      // a Map whose keys are rules
  std::span<const std::string_view> words{};    // of a Word
  std::string_view when_false{};                // the Word that an unquoted `off` stands for
  const Format* format = nullptr;               // of a Text, or of the keys of a Map
  std::span<const std::string_view> refused{};  // Texts that fit the format and are not allowed
  const Shape* short_form = nullptr;            // of an Object: what may stand in its place
};

struct Field {
  std::string_view name;
  const Shape* shape;
  bool required = false;
  std::string_view says;         // one sentence
  std::string_view otherwise{};  // what holds without it; "" where nothing does
};

const Shape& policy_shape();

inline constexpr std::string_view kApiVersion = "pxguard.io/v1alpha1";
inline constexpr std::string_view kPolicyKind = "Policy";

}  // namespace pxguard::policy
