// For commands that hold secrets for a moment.
//
// Threads: before there are several.
#pragma once

namespace pxguard::cli {

// The bytes of this process must not end up in a core file, nor be read by a debugger of the same
// user.
void keep_memory_private();

}  // namespace pxguard::cli
