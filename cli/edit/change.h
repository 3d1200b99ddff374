// One operation of a JSON Patch as a change of a document's text: as few bytes as it takes, in the
// manner of what stands around them. Nobody may believe it unread: cli/edit/patch_source proves it.
//
// Threads: safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/edit/page.h"
#include "rules/json_patch.h"

namespace pxguard::edit {

// The error says why it has to be done by hand.
Result<std::string> changed(std::string_view text, const rules::PatchOp& op);

// What changed() is made of. `value` of a member or an element that is new.
Result<Splices> block_insertion(const Page& page, const Spot& spot, json::Value value);
Result<Splices> block_removal(const Page& page, const Spot& spot);
Result<Splices> flow_insertion(const Page& page, const Spot& spot, json::Value value);
Result<Splices> flow_removal(const Page& page, const Spot& spot);

}  // namespace pxguard::edit
