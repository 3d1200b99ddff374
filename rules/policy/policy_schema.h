// What a policy file may say, as one table. The reader follows it, and docs/policy.schema.json is
// printed from it, so the two cannot disagree.
//
// Lifetime: everything is constant. Threads: any number may read.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace pxguard::policy {

enum class Type {
  Object,  // the fields that it lists
  Map,     // any key, one shape of value
  List,
  Word,  // one of a few
  Text,
  Boolean,
};

// How a text has to look: `pattern` is ECMAScript's, without look-around.
struct Format {
  std::string_view pattern;
  std::string_view wanted;  // for people: "a date as in 2027-06-30"
};

// Longer texts are refused before a pattern looks at them; in characters.
inline constexpr std::size_t kLongestText = 512;

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

// The format that says "a rule": on top of its pattern there has to be one.
const Format& rule_format();
// The format that says "a date": on top of its pattern the calendar has to have it.
const Format& date_format();

inline constexpr std::string_view kApiVersion = "pxguard.io/v1alpha1";
inline constexpr std::string_view kPolicyKind = "Policy";

}  // namespace pxguard::policy
