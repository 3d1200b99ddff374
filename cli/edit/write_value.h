// JSON values as text that looks like what stands around them.
//
// Threads: safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/yaml_layout.h"

namespace pxguard::edit {

// How a text is written.
struct Manner {
  std::string line_break = "\n";
  std::size_t step = 2;             // of a map in a map
  std::size_t sequence_offset = 2;  // of the dashes of a list in a map; 0 where they stand below it
  std::size_t gap = 2;              // from a dash to what follows it
  bool is_json = false;             // everything in double quotes
  bool is_spaced = true;            // {"a": 1, "b": 2} and not {"a":1,"b":2}
};

// A scalar in the quotes of `like`, or in double ones where it would be read as something else.
std::string write_scalar(json::Value value, yaml::Style like, const Manner& manner, bool in_flow);
std::string write_key(std::string_view key, yaml::Style like, const Manner& manner, bool in_flow);

// One line: {name: a, value: b}.
std::string write_flow(json::Value value, yaml::Style like, const Manner& manner);
// Several lines, as JSON is printed; the first one begins at `indent`, without its blanks.
std::string write_printed(json::Value value, std::size_t indent, const Manner& manner);

// What follows a key at `column` or a dash: " text", or the lines below. Each line but the last
// ends with a line break.
std::string write_member(std::string_view key, json::Value value, std::size_t column,
                         const Manner& manner);
std::string write_below(json::Value value, std::size_t column, const Manner& manner);
// What follows a dash: its content begins at `column`.
std::string write_element(json::Value value, std::size_t column, yaml::Style like,
                          const Manner& manner);

}  // namespace pxguard::edit
