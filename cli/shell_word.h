// A word of a command that is shown to be copied: whatever a stranger has put into a name, a shell
// takes it for this one word.
//
// Threads: safe.
#pragma once

#include <string>
#include <string_view>

namespace pxguard::cli {

// Printable; in single quotes where a shell would take it apart.
std::string shell_word(std::string_view text);

}  // namespace pxguard::cli
