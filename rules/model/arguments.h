// The arguments of the Portworx container (`args`, or portworx.io/misc-args), in every form that
// people write: a flag and its value as two elements (the documented form), -flag=value, --flag,
// hyphens for underscores, flag and value or the whole line in one element, -e KEY=VALUE.
//
// Lifetime: owns everything. Threads: any number may read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/container.h"
#include "rules/model/portworx_names.h"

namespace pxguard::model {

struct Argument {
  std::string flag;            // as written, without a value behind =
  std::optional<AuthKey> key;  // what it configures, where it reads as one of PX-Security's
  bool has_value = false;
  std::string value;          // may be a secret: see AuthName::is_secret
  bool is_documented = true;  // one dash, underscores, the value as the next element
  FieldPath path;             // of the element with the flag
  FieldPath value_path;       // of the element with the value
};

std::vector<Argument> read_arguments(std::span<const Word> elements);
// The misc-args annotation, split by shell quoting rules as the operator does. None where it
// cannot be split: the operator then drops all of them.
std::optional<std::vector<Argument>> read_misc_args(std::string_view line);

}  // namespace pxguard::model
