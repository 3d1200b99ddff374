#include "rules/json_patch.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "rules/patch_tree.h"

namespace pxguard::rules {
namespace {

using Kind = PatchOp::Kind;

// More than one object was ever found to need, and few enough to compare each with each.
constexpr std::size_t kMostEdits = 500;

struct Word {
  Kind kind;
  std::string_view word;
};
constexpr std::array<Word, 5> kWords = {{{Kind::Test, "test"},
                                         {Kind::Add, "add"},
                                         {Kind::Replace, "replace"},
                                         {Kind::Remove, "remove"},
                                         {Kind::Move, "move"}}};

// --- Edits with their places --------------------------------------------------------------------

struct Placed {
  Edit::Kind kind;
  std::string pointer;
  std::string value;
  std::vector<std::string> segments;

  [[nodiscard]] bool takes_away() const {
    return kind == Edit::Kind::Replace || kind == Edit::Kind::Rename || kind == Edit::Kind::Remove;
  }
  // Changes the positions of other elements, if it is about one.
  [[nodiscard]] bool comes_last() const {
    return kind == Edit::Kind::Insert || kind == Edit::Kind::Remove;
  }
  [[nodiscard]] bool is_same(const Placed& other) const {
    return kind == other.kind && pointer == other.pointer && value == other.value;
  }
};

bool is_below(std::string_view pointer, std::string_view above) {
  return pointer.size() > above.size() && pointer.starts_with(above) &&
         pointer[above.size()] == '/';
}

// The text of a JSON string; "" of anything else.
std::string text_of(const std::string& json) {
  const auto document = json::Document::parse(json);
  return document ? std::string(document->root().text()) : std::string();
}

std::string name_in(const std::string& json) {
  const auto document = json::Document::parse(json);
  return document ? std::string(document->root()["name"].text()) : std::string();
}

std::string renamed_pointer(const Placed& rename) {
  return std::string(parent_of(rename.pointer)) + '/' +
         json::pointer_segment(text_of(rename.value));
}

// An element of this name would be there twice.
bool names_the_same(const Placed& appended, const Placed& other) {
  const std::string name = name_in(appended.value);
  if (name.empty()) return false;
  if (other.kind == Edit::Kind::Append)
    return other.pointer == appended.pointer && name_in(other.value) == name;
  const bool is_name = other.kind == Edit::Kind::Replace && other.pointer.ends_with("/name") &&
                       parent_of(parent_of(other.pointer)) == appended.pointer;
  return is_name && text_of(other.value) == name;
}

// REQUIRES: they are not the same
bool is_at_odds(const Placed& a, const Placed& b) {
  if (a.takes_away() && (is_below(b.pointer, a.pointer))) return true;
  if (a.kind == Edit::Kind::Rename && b.pointer == renamed_pointer(a)) return true;
  if (a.kind == Edit::Kind::Append && names_the_same(a, b)) return true;
  const bool both_append = a.kind == Edit::Kind::Append && b.kind == Edit::Kind::Append;
  const bool puts_before = (a.kind == Edit::Kind::Insert) != (b.kind == Edit::Kind::Insert);
  return a.pointer == b.pointer && !both_append && !puts_before;
}

int rank(const Placed& edit) { return edit.comes_last() ? 100 : static_cast<int>(edit.kind); }

// Later places first, and what lies inside before what is around it.
bool is_behind(const Placed& a, const Placed& b) {
  const std::size_t common = std::min(a.segments.size(), b.segments.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a.segments[i] == b.segments[i]) continue;
    const auto left = list_position(a.segments[i]);
    const auto right = list_position(b.segments[i]);
    return left && right ? *left > *right : a.segments[i] > b.segments[i];
  }
  if (a.segments.size() != b.segments.size()) return a.segments.size() > b.segments.size();
  return a.kind == Edit::Kind::Remove && b.kind != Edit::Kind::Remove;
}

bool comes_first(const Placed& a, const Placed& b) {
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (a.comes_last()) return is_behind(a, b);
  return std::tie(a.pointer, a.value) < std::tie(b.pointer, b.value);
}

Result<std::vector<Placed>> place(std::span<const Edit> edits) {
  if (edits.size() > kMostEdits) return invalid_input("more repairs than one object can have");
  std::vector<Placed> placed;
  for (const Edit& edit : edits) {
    std::string pointer = edit.at.pointer();
    auto segments = pointer_segments(pointer).value_or(std::vector<std::string>{});
    Placed next{edit.kind, std::move(pointer), edit.value, std::move(segments)};
    bool is_known = false;
    for (const Placed& other : placed) {
      is_known = is_known || next.is_same(other);
      if (!next.is_same(other) && (is_at_odds(next, other) || is_at_odds(other, next)))
        return invalid_input("two repairs are at odds at " + edit.at.display());
    }
    if (!is_known) placed.push_back(std::move(next));
  }
  std::sort(placed.begin(), placed.end(), comes_first);
  return placed;
}

// --- From edits to operations -------------------------------------------------------------------

class Composer {
 public:
  explicit Composer(json::Value object) : tree_(object) {}

  std::optional<Error> add(const Placed& edit) {
    if (edit.takes_away()) test(edit.pointer);
    switch (edit.kind) {
      case Edit::Kind::Replace: return push({Kind::Replace, edit.pointer, {}, edit.value});
      case Edit::Kind::Rename: return push({Kind::Move, renamed_pointer(edit), edit.pointer, {}});
      case Edit::Kind::Remove: return push({Kind::Remove, edit.pointer, {}, {}});
      case Edit::Kind::Insert: return push({Kind::Add, edit.pointer, {}, edit.value});
      case Edit::Kind::Append: return append(edit);
      case Edit::Kind::Add: break;
    }
    if (tree_.is_set(edit.pointer)) return invalid_input(edit.pointer + ": something stands there");
    return push_with_way(edit.pointer, edit.value);
  }

  JsonPatch take() { return std::move(patch_); }

 private:
  std::optional<Error> append(const Placed& edit) {
    if (tree_.is_list(edit.pointer)) return push({Kind::Add, edit.pointer + "/-", {}, edit.value});
    if (tree_.is_set(edit.pointer)) return invalid_input(edit.pointer + ": this is no list");
    return push_with_way(edit.pointer, '[' + edit.value + ']');
  }

  // With the maps that are missing on the way, in one operation.
  std::optional<Error> push_with_way(std::string_view pointer, std::string value) {
    while (!pointer.empty() && !tree_.is_set(parent_of(pointer))) {
      const std::string key =
          json::unescape_pointer_segment(pointer.substr(pointer.rfind('/') + 1));
      value = '{' + json::quote(key) + ':' + value + '}';
      pointer = parent_of(pointer);
    }
    if (!tree_.is_map(parent_of(pointer)))
      return invalid_input(std::string(pointer) + ": what is above it is no map");
    return push({Kind::Add, std::string(pointer), {}, std::move(value)});
  }

  // That the innermost element with a name on the way is still the one.
  void test(std::string_view pointer) {
    for (std::string_view above = pointer; !above.empty(); above = parent_of(above)) {
      const bool is_element = tree_.is_list(parent_of(above));
      const std::string path = std::string(above) + "/name";
      const auto name = is_element ? tree_.text(path) : std::nullopt;
      if (!name) continue;
      PatchOp op{Kind::Test, path, {}, json::quote(*name)};
      const bool is_tested =
          !patch_.empty() && std::any_of(patch_.begin(), patch_.end(), [&op](const PatchOp& other) {
            return other.kind == Kind::Test && other.path == op.path && other.value == op.value;
          });
      if (!is_tested) patch_.push_back(std::move(op));
      return;
    }
  }

  std::optional<Error> push(PatchOp op) {
    if (auto problem = tree_.apply(op)) return invalid_input(*std::move(problem));
    patch_.push_back(std::move(op));
    return std::nullopt;
  }

  PatchTree tree_;
  JsonPatch patch_;
};

}  // namespace

Result<JsonPatch> compose(std::span<const Edit> edits, json::Value object) {
  const auto placed = place(edits);
  if (!placed) return placed.error();
  Composer composer(object);
  for (const Placed& edit : *placed) {
    if (auto error = composer.add(edit)) return *std::move(error);
  }
  return composer.take();
}

std::string to_json(std::span<const PatchOp> patch) {
  std::string text = "[";
  for (const PatchOp& op : patch) {
    if (text.size() > 1) text += ',';
    const auto* const word = std::find_if(
        kWords.begin(), kWords.end(), [&op](const Word& known) { return known.kind == op.kind; });
    text.append(R"({"op":")").append(word->word).append("\"");
    if (op.kind == Kind::Move) text.append(R"(,"from":)").append(json::quote(op.from));
    text.append(R"(,"path":)").append(json::quote(op.path));
    if (op.kind != Kind::Move && op.kind != Kind::Remove)
      text.append(R"(,"value":)").append(op.value);
    text += '}';
  }
  return text + ']';
}

Result<JsonPatch> parse_patch(std::string_view json) {
  const auto document = json::Document::parse(json);
  if (!document || !document->root().is_array()) return invalid_input("not a JSON Patch");
  JsonPatch patch;
  for (const json::Value entry : document->root().elements()) {
    const auto* const word =
        std::find_if(kWords.begin(), kWords.end(),
                     [&entry](const Word& known) { return known.word == entry["op"].text(); });
    const json::Value value = entry["value"];
    const bool has_value =
        word != kWords.end() && word->kind != Kind::Remove && word->kind != Kind::Move;
    if (word == kWords.end() || !entry["path"].is_string() || (has_value && value.is_absent()))
      return invalid_input("not an operation of JSON Patch");
    patch.push_back({word->kind, std::string(entry["path"].text()),
                     std::string(entry["from"].text()),
                     has_value ? PatchTree(value).json() : std::string()});
  }
  return patch;
}

Result<std::string> apply_patch(std::span<const PatchOp> patch, json::Value object) {
  PatchTree tree(object);
  for (const PatchOp& op : patch) {
    if (auto problem = tree.apply(op)) return invalid_input(*std::move(problem));
  }
  return tree.json();
}

}  // namespace pxguard::rules
