// The files of a git revision, by way of the program git.
//
// Threads: safe.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "cli/manifest/text.h"

namespace pxguard::manifest {

// What collect() would have found under `paths` at that revision, under the names that it has now.
// A path that was not there then gives nothing. Links are left out. The error says what git says.
Result<Input> collect_revision(const std::string& revision, std::span<const std::string> paths);

}  // namespace pxguard::manifest
