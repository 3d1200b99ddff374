#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include "base/descriptor.h"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace pxguard {
namespace {

constexpr std::size_t kStandardError = 4096;

Error system_error(const char* what) {
  return {Error::Code::Unavailable, std::string(what) + ": " + std::strerror(errno)};
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("no pipe");
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// A file without a name: the program may read it or not, and nobody waits for it.
Result<Descriptor> make_input(std::string_view text) {
  Descriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (!file.is_open()) return system_error("no memory for input");
  while (!text.empty()) {
    const ssize_t written = ::write(file.number(), text.data(), text.size());
    if (written < 0) return system_error("no memory for input");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.number(), 0, SEEK_SET);
  return file;
}

// As exec wants it.
std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environment_with(const std::vector<std::string>& additions) {
  std::vector<std::string> all = additions;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view ours = *each;
    const std::string_view name = ours.substr(0, ours.find('=') + 1);
    const bool is_replaced =
        std::any_of(additions.begin(), additions.end(),
                    [name](const std::string& added) { return added.starts_with(name); });
    if (!is_replaced) all.emplace_back(ours);
  }
  return all;
}

Result<pid_t> spawn(const std::vector<std::string>& words,
                    const std::vector<std::string>& additions, int in, int out, int err) {
  const std::vector<char*> arguments = pointers_to(words);
  const std::vector<std::string> environment = environment_with(additions);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t child = 0;
  errno = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(),
                         pointers_to(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (errno == 0) return child;
  if (errno == ENOENT) return Error{Error::Code::NotFound, "there is no program " + words[0]};
  return system_error("not started");
}

// False at the end of the stream.
bool take(const Descriptor& from, std::string& into) {
  std::array<char, 65536> buffer{};
  const ssize_t size = ::read(from.number(), buffer.data(), buffer.size());
  if (size < 0) return errno == EINTR;
  into.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0;
}

enum class Drained { Everything, TooMuch, TooLong, Failed };

using Deadline = std::optional<std::chrono::steady_clock::time_point>;

// For poll(): -1 where there is no end to the waiting.
int patience_until(Deadline until) {
  if (!until) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<long>(0, left.count()));
}

// Both streams until they end.
Drained drain(Pipe& out, Pipe& err, std::size_t limit, Deadline until, Ran& ran) {
  while (out.read.is_open() || err.read.is_open()) {
    std::array<pollfd, 2> waiting = {
        {{out.read.number(), POLLIN, 0}, {err.read.number(), POLLIN, 0}}};
    const int count = ::poll(waiting.data(), waiting.size(), patience_until(until));
    if (count == 0) return Drained::TooLong;
    if (count < 0) {
      if (errno == EINTR) continue;
      return Drained::Failed;
    }
    if (waiting[0].revents != 0 && !take(out.read, ran.out)) out.read.close();
    if (waiting[1].revents != 0 && !take(err.read, ran.err)) err.read.close();
    if (ran.err.size() > kStandardError) ran.err.resize(kStandardError);
    if (ran.out.size() > limit) return Drained::TooMuch;
  }
  return Drained::Everything;
}

// None where nobody can tell: whoever started pxguard may have it ignore the ends of children.
std::optional<int> wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return std::nullopt;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string too_much(std::string_view program, std::size_t limit) {
  const bool is_large = limit >= (std::size_t{1} << 20);
  return std::string(program) + " wrote more than " +
         std::to_string(is_large ? limit >> 20 : limit) + (is_large ? " MiB" : " bytes");
}

}  // namespace

Result<Ran> run(const std::vector<std::string>& words, std::string_view input, std::size_t limit,
                const RunOptions& options) {
  auto in = make_input(input);
  auto out = make_pipe();
  auto err = make_pipe();
  if (!in) return in.error();
  if (!out) return out.error();
  if (!err) return err.error();
  const auto child =
      spawn(words, options.environment, in->number(), out->write.number(), err->write.number());
  out->write.close();
  err->write.close();
  if (!child) return child.error();
  Ran ran;
  Deadline until;
  if (options.patience) until = std::chrono::steady_clock::now() + *options.patience;
  const Drained drained = drain(*out, *err, limit, until, ran);
  if (drained != Drained::Everything) ::kill(*child, SIGKILL);
  const auto status = wait_for(*child);
  if (drained == Drained::TooMuch) return Error{Error::Code::TooLarge, too_much(words[0], limit)};
  if (drained == Drained::TooLong) {
    return Error{Error::Code::Unavailable, words[0] + " was ended after " +
                                               std::to_string(options.patience->count()) + " ms"};
  }
  if (drained == Drained::Failed || !status)
    return Error{Error::Code::Unavailable, "nobody can tell how " + words[0] + " ended"};
  ran.status = *status;
  return ran;
}

}  // namespace pxguard
