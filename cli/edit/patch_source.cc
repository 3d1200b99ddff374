#include "cli/edit/patch_source.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/limits.h"
#include "base/yaml.h"
#include "cli/edit/change.h"
#include "cli/edit/page.h"
#include "rules/patch_tree.h"

namespace pxguard::edit {
namespace {

using rules::JsonPatch;
using rules::PatchTree;

// Each operation reads its document again: some hundred of them in a usual file, a few in a file
// that is as large as files may be.
constexpr std::size_t kBytesToRead = std::size_t{256} << 20;

// --- Where a document stands --------------------------------------------------------------------

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The value that begins at `begin`, if it is JSON.
std::optional<std::size_t> end_of_json(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
      continue;
    }
    in_string = c == '"';
    if (c == '{' || c == '[') ++depth;
    if (c != '}' && c != ']') continue;
    if (depth == 0) return std::nullopt;
    if (--depth > 0) continue;
    const bool is_json = json::Document::parse(text.substr(begin, i + 1 - begin)).has_value();
    return is_json ? std::optional(i + 1) : std::nullopt;
  }
  return std::nullopt;
}

// The lines between two lines of ---, or one JSON value. `mark`: of its root.
std::optional<Range> document_at(std::string_view text, yaml::Mark mark) {
  Range range;
  std::size_t line_begin = 0;
  for (int line = 1; line < mark.line; ++line) {
    const std::size_t line_feed = text.find('\n', line_begin);
    if (line_feed == std::string_view::npos) return std::nullopt;
    if (text.substr(line_begin).starts_with("---")) range.begin = line_feed + 1;
    line_begin = line_feed + 1;
  }
  std::size_t root = line_begin;
  for (int column = 1; column < mark.column && root < text.size(); ++column) {
    ++root;
    while (root < text.size() && (static_cast<unsigned char>(text[root]) & 0xc0) == 0x80) ++root;
  }
  const bool is_bracket = root < text.size() && (text[root] == '{' || text[root] == '[');
  if (const auto end = is_bracket ? end_of_json(text, root) : std::nullopt)
    return Range{root, *end};
  range.end = text.size();
  for (std::size_t at = line_begin; at < text.size();) {
    if (text.substr(at).starts_with("---") && at > range.begin) {
      range.end = at;
      break;
    }
    const std::size_t line_feed = text.find('\n', at);
    at = line_feed == std::string_view::npos ? text.size() : line_feed + 1;
  }
  return range;
}

// --- One document -------------------------------------------------------------------------------

std::vector<std::string> sorted_comments(std::string_view text) {
  const auto page = Page::of(text);
  if (!page) return {};
  auto comments = page->comments(0, text.size());
  std::sort(comments.begin(), comments.end());
  return comments;
}

// The only document of a text, as JSON with sorted keys; and how many keys stand twice.
struct Meaning {
  std::string json{};
  std::size_t duplicates = 0;
};

std::optional<Meaning> meaning(std::string_view text) {
  const auto documents = yaml::read(text);
  if (documents.size() != 1 || documents[0].error) return std::nullopt;
  const auto document = json::Document::parse(documents[0].json);
  if (!document) return std::nullopt;
  return Meaning{PatchTree(document->root()).json(), document->duplicates().size()};
}

// The patch as one of the whole document.
JsonPatch from_root(const ObjectPatch& patch) {
  const model::Object& object = *patch.object;
  const std::string above = object.document().pointer_of(object.root().node());
  JsonPatch moved = patch.patch;
  for (rules::PatchOp& op : moved) {
    op.path.insert(0, above);
    if (op.kind == rules::PatchOp::Kind::Move) op.from.insert(0, above);
  }
  return moved;
}

class Session {
 public:
  explicit Session(std::string_view text) : text_(text) {}

  std::optional<std::string> make(const ObjectPatch& patch) {
    const auto range = document_at(text_, patch.object->mark_of_node(0));
    if (!range) return "its place was not found";
    const std::string before = text_.substr(range->begin, range->end - range->begin);
    const auto was = meaning(before);
    if (!was) return "its document is written in an unusual way";
    auto after = patched(before, *was, from_root(patch));
    if (!after) return after.error().message;
    text_.replace(range->begin, range->end - range->begin, *after);
    return std::nullopt;
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  // What documents mean now that were patched.
  [[nodiscard]] const std::vector<std::string>& wanted() const { return wanted_; }

 private:
  Result<std::string> patched(const std::string& before, const Meaning& was,
                              const JsonPatch& patch) {
    const auto document = json::Document::parse(was.json);
    if (!document) return document.error();
    const auto wanted = rules::apply_patch(patch, document->root());
    if (!wanted) return wanted.error();
    std::string text = before;
    for (const rules::PatchOp& op : patch) {
      read_ += text.size();
      if (read_ > kBytesToRead) return invalid_input("the file is too large for so many repairs");
      auto next = changed(text, op);
      if (!next) return next.error();
      text = std::move(next).value();
    }
    const auto is = meaning(text);
    if (!is || is->json != *wanted || is->duplicates != was.duplicates)
      return invalid_input("it cannot be written here without changing more");
    if (sorted_comments(before) != sorted_comments(text))
      return invalid_input("a comment would be lost");
    wanted_.push_back(*wanted);
    return text;
  }

  std::string text_;
  std::vector<std::string> wanted_;
  std::size_t read_ = 0;
};

// What each document of a file means; none of one that cannot be read.
std::vector<std::optional<std::string>> meanings(std::string_view text) {
  std::vector<std::optional<std::string>> all;
  for (const yaml::Document& document : yaml::read(text))
    all.push_back(document.error ? std::nullopt : std::optional(document.json));
  return all;
}

bool is_wanted(const std::optional<std::string>& json, const std::vector<std::string>& wanted) {
  const auto document =
      json ? json::Document::parse(*json) : Result<json::Document>(invalid_input("not read"));
  return document && std::find(wanted.begin(), wanted.end(), PatchTree(document->root()).json()) !=
                         wanted.end();
}

// Documents are what they were, or what a patch has made of one.
bool is_confined(std::string_view before, std::string_view after,
                 const std::vector<std::string>& wanted) {
  const auto was = meanings(before);
  const auto is = meanings(after);
  if (was.size() != is.size()) return false;
  for (std::size_t i = 0; i < was.size(); ++i) {
    if (was[i] != is[i] && !is_wanted(is[i], wanted)) return false;
  }
  return true;
}

}  // namespace

// From behind, so that no place moves before its turn.
Patched patch_source(std::string_view text, std::span<const ObjectPatch> patches) {
  std::vector<std::size_t> order(patches.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&patches](std::size_t a, std::size_t b) {
    const yaml::Mark left = patches[a].object->mark_of_node(0);
    const yaml::Mark right = patches[b].object->mark_of_node(0);
    return left.line != right.line ? left.line > right.line : left.column > right.column;
  });
  Patched result;
  result.refusals.resize(patches.size());
  Session session(text);
  for (const std::size_t i : order) result.refusals[i] = session.make(patches[i]).value_or("");
  result.text = session.text();
  if (is_confined(text, result.text, session.wanted())) return result;
  result.text = text;
  for (std::string& refusal : result.refusals)
    if (refusal.empty()) refusal = "it cannot be written here without changing more";
  return result;
}

}  // namespace pxguard::edit
