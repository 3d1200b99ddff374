// JSON Patch (RFC 6902): the repairs of one object as one patch, and our own applier, which proves
// a patch before anybody else sees it.
//
// Threads: safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "rules/edit.h"

namespace pxguard::rules {

struct PatchOp {
  enum class Kind { Test, Add, Replace, Remove, Move };

  Kind kind = Kind::Add;
  std::string path{};
  std::string from{};   // of Move
  std::string value{};  // JSON; of Test, Add and Replace
};

using JsonPatch = std::vector<PatchOp>;

std::string to_json(std::span<const PatchOp> patch);
Result<JsonPatch> parse_patch(std::string_view json);

// One patch for all of the edits, the same in whatever order they come: values are replaced first,
// then what is new is added, then lists are changed from behind. Maps and lists on the way are
// added where there are none; a `test` goes before a change inside a list whose elements have
// names. The error says where two edits want different things, or one has no place.
Result<JsonPatch> compose(std::span<const Edit> edits, json::Value object);

// The object as JSON after the patch. The error says which operation does not fit.
Result<std::string> apply_patch(std::span<const PatchOp> patch, json::Value object);

}  // namespace pxguard::rules
