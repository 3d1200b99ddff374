// What changed between two texts, as diff -u shows it.
//
// Threads: safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace pxguard::edit {

enum class Side { Before, After };

// What is shown of a line, which counts from 1 and comes without its end.
using ShownLine = std::function<std::string(Side side, int number, std::string_view line)>;

// "" of equal texts. Lines that both have are shown as they are before.
std::string unified_diff(std::string_view file, std::string_view before, std::string_view after,
                         const ShownLine& shown);

}  // namespace pxguard::edit
