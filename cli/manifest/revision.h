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
// A path that was not there then gives nothing. Links are left out. `helm_values` is a file with
// values for the chart portworx, or "". The error says what git says; standard input is one.
Result<Input> collect_revision(const std::string& revision, std::span<const std::string> paths,
                               const std::string& helm_values);

}  // namespace pxguard::manifest
