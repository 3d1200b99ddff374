// The text of an object as the view keeps it: what no rule reads is left out (status but the start
// of a Pod, managedFields, most annotations), and no value that may be secret is in it. In its
// place stands a word of rules/model/blind.h, or a form that reads the same to a rule.
//
// Threads: safe.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "cluster/resource.h"

namespace pxguard::cluster {

// JSON with apiVersion and kind of `resource`, which items of lists lack.
[[nodiscard]] std::string reduced(json::Value object, const Resource& resource);

}  // namespace pxguard::cluster
