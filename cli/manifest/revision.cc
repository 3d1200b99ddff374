#include "cli/manifest/revision.h"

#include <string.h>

#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/manifest/collect.h"
#include "cli/manifest/rendered.h"

namespace pxguard::manifest {
namespace {

constexpr std::size_t kListing = std::size_t{64} << 20;
constexpr std::size_t kContents = std::size_t{1} << 30;

// A file of the revision: which bytes, and under which name they are to be known.
struct Entry {
  std::string blob;
  std::string file;
};

// Where git is asked, and what for: a folder as a whole, or one file in it.
struct Root {
  std::string folder;
  std::string file;  // "" is all of the folder
  std::string prefix;
};

Root root_of(const std::string& path, bool is_folder) {
  if (is_folder) return {path, "", path.ends_with('/') ? path : path + '/'};
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path, ""};
  return {path.substr(0, slash + 1), path.substr(slash + 1), path.substr(0, slash + 1)};
}

Result<Ran> git(const Root& root, std::vector<std::string> words, std::string_view input,
                std::size_t limit) {
  std::vector<std::string> all = {"git", "-C", root.folder};
  all.insert(all.end(), std::make_move_iterator(words.begin()),
             std::make_move_iterator(words.end()));
  auto ran = run(all, input, limit);
  if (!ran && ran.error().code == Error::Code::NotFound)
    return Error{Error::Code::Unavailable, "a revision needs the program git, which is not here"};
  if (ran && ran->status != 0) {
    const std::string_view said = trim(ran->err);
    return Error{Error::Code::Invalid, printable(said.substr(0, said.find('\n')), 200)};
  }
  return ran;
}

// "<mode> blob <id>\t<name>", ended by NUL.
std::optional<Entry> read_entry(std::string_view line, const Root& root) {
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  const auto words = split(line.substr(0, tab), ' ');
  const std::string_view name = line.substr(tab + 1);
  const bool is_file = words.size() == 3 && words[0].starts_with("100") && words[1] == "blob";
  const std::size_t slash = name.rfind('/');
  const std::string_view base = name.substr(slash == std::string_view::npos ? 0 : slash + 1);
  // What is a path by itself may have any name. What was a folder then is read as one.
  const bool is_meant = !root.file.empty() && name == root.file;
  if (!is_file || (!is_meant && !is_manifest_name(base))) return std::nullopt;
  return Entry{std::string(words[2]), root.prefix + std::string(name)};
}

Result<std::vector<Entry>> list(const std::string& revision, const Root& root) {
  std::vector<std::string> words = {"ls-tree", "-r", "-z", "--end-of-options", revision};
  if (!root.file.empty()) words.insert(words.end(), {"--", root.file});
  const auto ran = git(root, std::move(words), "", kListing);
  if (!ran) return ran.error();
  std::vector<Entry> entries;
  for (const std::string_view line : split(ran->out, '\0')) {
    if (auto entry = read_entry(line, root)) entries.push_back(std::move(*entry));
    if (entries.size() > limits::kFiles)
      return Error{Error::Code::TooLarge, fmt::format("more than {} files", limits::kFiles)};
  }
  return entries;
}

// "<id> blob <size>\n<bytes>\n" for each.
Result<std::vector<Text>> read(const Root& root, const std::vector<Entry>& entries) {
  std::string wanted;
  for (const Entry& entry : entries) wanted += entry.blob + '\n';
  auto ran = git(root, {"cat-file", "--batch"}, wanted, kContents);
  if (!ran) return ran.error();
  std::vector<Text> texts;
  std::string_view rest = ran->out;
  for (const Entry& entry : entries) {
    const std::string_view head = rest.substr(0, rest.find('\n'));
    const auto words = split(head, ' ');
    std::size_t size = 0;
    if (words.size() == 3)
      std::from_chars(words[2].data(), words[2].data() + words[2].size(), size);
    if (words.size() != 3 || words[1] != "blob" || rest.size() < head.size() + 2 + size)
      return Error{Error::Code::Invalid, "git did not give " + printable(entry.file, 200)};
    texts.push_back({entry.file, std::string(rest.substr(head.size() + 1, size)), false});
    rest.remove_prefix(head.size() + 2 + size);
  }
  explicit_bzero(ran->out.data(), ran->out.size());  // the texts may hold secrets
  return texts;
}

// What is new among the files of one path at that revision.
Result<std::vector<Text>> read_path(const std::string& revision, const std::string& path,
                                    std::set<std::string>& seen) {
  if (path == "-") {
    return Error{Error::Code::Invalid,
                 "standard input is in no revision: give a file or folder of before instead"};
  }
  const auto info = path_info(path);
  const Root root = root_of(path, info && info->kind == PathInfo::Kind::Folder);
  const auto entries = list(revision, root);
  if (!entries) return entries.error();
  std::vector<Entry> fresh;
  for (const Entry& entry : *entries) {
    if (seen.insert(normal_path(entry.file)).second) fresh.push_back(entry);
  }
  return fresh.empty() ? std::vector<Text>() : read(root, fresh);
}

}  // namespace

Result<Input> collect_revision(const std::string& revision, std::span<const std::string> paths,
                               const std::string& helm_values) {
  Input input;
  std::set<std::string> seen;
  const auto add = [&](const std::string& path, bool are_values) -> std::optional<Error> {
    auto texts = read_path(revision, path, seen);
    if (!texts) return texts.error();
    for (Text& text : *texts) {
      text.is_values = are_values;
      input.texts.push_back(std::move(text));
    }
    return std::nullopt;
  };
  // First, since it may lie in one of the folders.
  if (!helm_values.empty()) {
    if (auto error = add(helm_values, true)) return std::move(*error);
  }
  for (const std::string& path : paths) {
    if (auto error = add(path, false)) return std::move(*error);
  }
  return input;
}

}  // namespace pxguard::manifest
