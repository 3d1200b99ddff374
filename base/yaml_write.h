// YAML that pxguard prints for people: block style, text of several lines as it stands, and quotes
// where a reader of YAML would take a word for something else.
//
// Threads: safe.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace pxguard::yaml {

// One document for each value, "---" between them. The same bytes for the same values.
std::string write(const std::vector<json::Value>& documents);

}  // namespace pxguard::yaml
