#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/file_system.h"

namespace pxguard {
namespace {

Error system_error() { return {Error::Code::Unavailable, std::strerror(errno)}; }

// A file beside another one, gone again unless it took the other's name.
class Beside {
 public:
  explicit Beside(const std::string& path)
      : name_(fmt::format("{}.pxguard-{}", path, ::getpid())),
        descriptor_(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           S_IRUSR | S_IWUSR)) {}
  ~Beside() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!is_moved_) ::unlink(name_.c_str());
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

  bool write(std::string_view content) {
    while (!content.empty()) {
      const ssize_t put = ::write(descriptor_, content.data(), content.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return false;
      content.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }

  bool take_after(const struct stat& old) {
    const bool is_ours = old.st_uid == ::geteuid() && old.st_gid == ::getegid();
    return (is_ours || ::fchown(descriptor_, old.st_uid, old.st_gid) == 0) &&
           ::fchmod(descriptor_, old.st_mode & 07777) == 0 && ::fsync(descriptor_) == 0;
  }

  bool move_to(const std::string& path) {
    is_moved_ = ::rename(name_.c_str(), path.c_str()) == 0;
    return is_moved_;
  }

 private:
  std::string name_;
  int descriptor_;
  bool is_moved_ = false;
};

// So that the name survives a power failure as well. What cannot be synced is no fault.
void sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

Result<std::size_t> replace_file(const std::string& path, std::string_view before,
                                 std::string_view after) {
  struct stat old {};
  if (::lstat(path.c_str(), &old) != 0) return system_error();
  if (S_ISLNK(old.st_mode)) return invalid_input("a link: give the file that it leads to");
  if (!S_ISREG(old.st_mode)) return invalid_input("not a file");
  if (old.st_nlink > 1) return invalid_input("the file has several names (hard links)");
  Beside beside(path);
  if (!beside.is_open()) return system_error();
  if (!beside.write(after) || !beside.take_after(old)) return system_error();
  const auto now = read_file(path, before.size());
  if (!now || *now != before) return invalid_input("the file was changed meanwhile");
  if (!beside.move_to(path)) return system_error();
  sync_folder_of(path);
  return after.size();
}

}  // namespace pxguard
