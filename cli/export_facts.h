// --export-facts: what a live cluster knows, as a file for `check --facts` (cli/facts.h): which
// objects there are, which are known not to be, and which values are equal. In the place of a value
// stands a word that was counted out, not made from it: nothing can be tried out on the file.
//
// Threads: safe.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/listening_view.h"
#include "cluster/snapshot.h"

namespace pxguard::cli {

// `absent`: what the judgement of the snapshot asked for in vain. Equal clusters make equal bytes.
std::string facts_text(const cluster::Snapshot& snapshot,
                       const std::set<ListeningView::Absent>& absent, std::string_view kubernetes);

// Whole or not at all, and readable for its owner alone. TooLarge: `check --facts` would not read
// it.
Result<std::size_t> write_facts(const std::string& path, std::string_view text);

}  // namespace pxguard::cli
