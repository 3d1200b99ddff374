#include "base/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/descriptor.h"

namespace pxguard {
namespace {

// A name for what went wrong, the same on every machine and in every language.
std::string_view reason(int error) {
  switch (error) {
    case ENOENT: return "no such file or folder";
    case EACCES:
    case EPERM: return "permission denied";
    case EISDIR: return "it is a folder";
    case ENOTDIR: return "a part of the path is not a folder";
    case ELOOP: return "links that lead in a circle";
    case ENAMETOOLONG: return "the name is too long";
    case ENOSPC: return "no space left";
    case EROFS: return "the file system is read-only";
    case EMFILE:
    case ENFILE: return "too many open files";
    case EIO: return "the device reports an error";
    default: return {};
  }
}

Error system_error(int error) {
  const std::string_view known = reason(error);
  const bool is_missing = error == ENOENT || error == ENOTDIR;
  return {is_missing ? Error::Code::NotFound : Error::Code::Unavailable,
          known.empty() ? fmt::format("system error {}", error) : std::string(known)};
}

Result<std::string> read_all(int descriptor, std::size_t limit) {
  std::string content;
  constexpr std::size_t kStep = std::size_t{64} << 10;
  for (;;) {
    const std::size_t size = content.size();
    content.resize(size + kStep);
    const ssize_t got = ::read(descriptor, content.data() + size, kStep);
    content.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno);
    if (got == 0) break;
    if (content.size() > limit) {
      return Error{Error::Code::TooLarge, fmt::format("larger than {} bytes", limit)};
    }
  }
  content.shrink_to_fit();  // thousands of small files are kept at once
  return content;
}

}  // namespace

Result<PathInfo> path_info(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const int error = errno;
    struct stat link {};
    const bool is_dangling = error == ENOENT && ::lstat(path.c_str(), &link) == 0;
    if (is_dangling) return Error{Error::Code::NotFound, "a link that leads nowhere"};
    return system_error(error);
  }
  PathInfo info;
  if (S_ISREG(status.st_mode)) info.kind = PathInfo::Kind::File;
  if (S_ISDIR(status.st_mode)) info.kind = PathInfo::Kind::Folder;
  info.identity = fmt::format("{}:{}", status.st_dev, status.st_ino);
  return info;
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
  const auto close = [](DIR* folder) { ::closedir(folder); };
  const std::unique_ptr<DIR, decltype(close)> folder(::opendir(path.c_str()), close);
  if (!folder) return system_error(errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  if (errno != 0) return system_error(errno);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return system_error(errno);
  return read_all(file.number(), limit);
}

Result<std::string> read_standard_input(std::size_t limit) { return read_all(STDIN_FILENO, limit); }

Result<std::size_t> write_file(const std::string& path, std::string_view content, Readers readers) {
  const mode_t mode = readers == Readers::Everybody ? 0666 : 0600;
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!file.is_open()) return system_error(errno);
  for (std::string_view rest = content; !rest.empty();) {
    const ssize_t put = ::write(file.number(), rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error(errno);
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  if (file.close() != 0) return system_error(errno);
  return content.size();
}

Result<bool> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return true;
  if (errno != EEXIST) return system_error(errno);
  const Result<PathInfo> info = path_info(path);
  if (!info) return info.error();
  if (info->kind == PathInfo::Kind::Folder) return false;
  return Error{Error::Code::Invalid, "not a folder"};
}

}  // namespace pxguard
