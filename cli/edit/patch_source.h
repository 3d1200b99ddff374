// Patches of objects as changes of the file that they stand in. Comments, order, quotes, anchors
// and line ends stay as they are. Whatever comes out was read again: the object is exactly what the
// patch makes of it, all else means what it meant before, and no comment is missing; what cannot be
// done like that is refused with its reason.
//
// Threads: safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/json_patch.h"
#include "rules/model/object.h"

namespace pxguard::edit {

struct ObjectPatch {
  const model::Object* object = nullptr;  // read from this text
  rules::JsonPatch patch{};
};

struct Patched {
  std::string text{};
  std::vector<std::string> refusals{};  // beside each patch why it was not made; "" where it was
};

Patched patch_source(std::string_view text, std::span<const ObjectPatch> patches);

}  // namespace pxguard::edit
