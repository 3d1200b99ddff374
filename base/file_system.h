// The files of this machine, with errors instead of exceptions. Messages say what is wrong, not
// which file: whoever asked knows the name, and prints it.
//
// Threads: safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pxguard {

struct PathInfo {
  enum class Kind { File, Folder, Other };  // Other: a pipe, a device, a socket
  Kind kind = Kind::Other;
  // Equal for two paths that lead to the same thing, whatever links lie between.
  std::string identity{};
};

// Follows links; a link that leads nowhere or in a circle is an error.
Result<PathInfo> path_info(const std::string& path);

// The names in a folder, sorted by their bytes, without "." and "..".
Result<std::vector<std::string>> list_folder(const std::string& path);

// TooLarge where there is more than `limit`. A pipe is read to its end.
Result<std::string> read_file(const std::string& path, std::size_t limit);
Result<std::string> read_standard_input(std::size_t limit);

enum class Readers { Everybody, OwnerAlone };

// Replaces what the file held. The value is the number of bytes. OwnerAlone: for a new file.
Result<std::size_t> write_file(const std::string& path, std::string_view content,
                               Readers readers = Readers::Everybody);

// The file as a whole or not at all: another one is written beside it, synced, and takes its name.
// Keeps the mode and the owner. Refuses links, a file with several names, and one that no longer
// holds `before`.
Result<std::size_t> replace_file(const std::string& path, std::string_view before,
                                 std::string_view after);

// One folder, not those above it. The value is false where it was there already.
Result<bool> make_folder(const std::string& path);

}  // namespace pxguard
