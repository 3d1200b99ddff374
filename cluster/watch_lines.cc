#include "cluster/watch_lines.h"

#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace pxguard::cluster {
namespace {

std::optional<WatchEvent::Type> type_of(std::string_view word) {
  using Type = WatchEvent::Type;
  if (word == "ADDED") return Type::Added;
  if (word == "MODIFIED") return Type::Modified;
  if (word == "DELETED") return Type::Deleted;
  if (word == "BOOKMARK") return Type::Bookmark;
  return std::nullopt;
}

}  // namespace

bool WatchLines::take(std::string_view bytes) {
  while (!failure_ && !bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > longest_line_) {
      failure_ =
          Failure::broken(fmt::format("an event of a watch has more than {} bytes", longest_line_));
      break;
    }
    line_.append(piece);
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
    failure_ = read(line_.text());
    line_.clear();
  }
  return !failure_;
}

std::optional<Failure> WatchLines::read(std::string_view line) {
  if (trim(line).empty()) return std::nullopt;
  const auto document = json::Document::parse(line);
  if (!document)
    return Failure::broken("an event of a watch cannot be read: " + document.error().message);
  const json::Value root = document->root();
  const std::string_view word = root["type"].text();
  const json::Value object = root["object"];
  if (word == "ERROR")
    return Failure::of_status(static_cast<int>(object["code"].integer_or(500)), object);
  const auto type = type_of(word);
  const std::string_view version = object.at("metadata.resourceVersion").text();
  if (!type || version.empty())
    return Failure::broken("what came in a watch is no event of an object");
  on_event_({*type, object});
  version_ = version;
  return std::nullopt;
}

}  // namespace pxguard::cluster
