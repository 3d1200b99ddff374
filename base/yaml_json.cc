#include "base/yaml_json.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "base/yaml_number.h"

namespace pxguard::yaml {
namespace {

using Problem = std::optional<Error>;

// Where the reader of a report must look: the outermost alias or merge that a node came through.
// None where the node stands there itself.
using Place = std::optional<Mark>;

struct Member {
  std::string_view key;
  std::uint32_t key_node = 0;
  std::uint32_t value = 0;  // node
  Place place;
  bool is_merged = false;
};

class Writer {
 public:
  Writer(const Tree& tree, AliasBudget& budget) : tree_(tree), budget_(budget) {}

  Result<Document> write() {
    if (auto problem = write_value(0, {}, 1)) return *std::move(problem);
    return std::move(document_);
  }

 private:
  // `depth` bounds the recursion.
  Problem write_value(std::uint32_t index, const Place& place, std::size_t depth) {
    const Node& node = tree_.nodes[index];
    if (auto problem = spend(node, place)) return problem;
    if (depth > limits::kDepth) return too_deep(node, place);
    if (node.kind == NodeKind::Alias) {
      return write_value(node.offset, place.value_or(node.mark), depth);
    }
    document_.marks.push_back(place.value_or(node.mark));
    switch (node.kind) {
      case NodeKind::Sequence: return write_sequence(index, place, depth);
      case NodeKind::Mapping: return write_mapping(index, place, depth);
      case NodeKind::String: document_.json += json::quote(tree_.text_of(node)); return {};
      case NodeKind::NonFinite: return fail(node, place, "not a number that JSON has");
      default: document_.json += tree_.text_of(node); return {};
    }
  }

  Problem write_sequence(std::uint32_t index, const Place& place, std::size_t depth) {
    const Node& node = tree_.nodes[index];
    document_.json += '[';
    for (std::uint32_t child = index + 1; child < node.end; child = tree_.nodes[child].end) {
      if (child != index + 1) document_.json += ',';
      if (auto problem = write_value(child, place, depth + 1)) return problem;
    }
    document_.json += ']';
    return {};
  }

  Problem write_mapping(std::uint32_t index, const Place& place, std::size_t depth) {
    document_.json += '{';
    const bool has_merges = has_merge(index);
    if (auto problem =
            has_merges ? write_merged(index, place, depth) : write_members(index, place, depth)) {
      return problem;
    }
    document_.json += '}';
    return {};
  }

  [[nodiscard]] bool has_merge(std::uint32_t mapping) const {
    const std::uint32_t end = tree_.nodes[mapping].end;
    for (std::uint32_t key = mapping + 1; key < end; key = after_member(key)) {
      if (tree_.nodes[key].is_merge) return true;
    }
    return false;
  }

  [[nodiscard]] std::uint32_t after_member(std::uint32_t key) const {
    return tree_.nodes[tree_.nodes[key].end].end;
  }

  Problem write_members(std::uint32_t mapping, const Place& place, std::size_t depth) {
    const std::uint32_t end = tree_.nodes[mapping].end;
    for (std::uint32_t key = mapping + 1; key < end; key = after_member(key)) {
      const Result<std::string_view> text = key_of(key, place);
      if (!text) return text.error();
      const Member member{*text, key, tree_.nodes[key].end, place};
      if (auto problem = write_member(member, depth)) return problem;
    }
    return {};
  }

  Problem write_merged(std::uint32_t mapping, const Place& place, std::size_t depth) {
    std::vector<Member> members;
    if (auto problem = collect(mapping, place, 0, members)) return problem;
    drop_overridden(members);
    for (const Member& member : members) {
      if (auto problem = write_member(member, depth)) return problem;
    }
    return {};
  }

  Problem write_member(const Member& member, std::size_t depth) {
    const Node& key = tree_.nodes[member.key_node];
    if (auto problem = spend(key, member.place)) return problem;
    if (!document_.json.ends_with('{')) document_.json += ',';
    document_.marks.push_back(member.place.value_or(key.mark));
    document_.json += json::quote(member.key);
    document_.json += ':';
    return write_value(member.value, member.place, depth + 1);
  }

  // The members of a mapping in the order in which go-yaml sets them: merges where they stand.
  Problem collect(std::uint32_t mapping, const Place& place, std::size_t merges,
                  std::vector<Member>& members) {
    const Node& node = tree_.nodes[mapping];
    if (merges > limits::kDepth) return too_deep(node, place);
    if (auto problem = spend(node, place)) return problem;
    for (std::uint32_t key = mapping + 1; key < node.end; key = after_member(key)) {
      if (tree_.nodes[key].is_merge) {
        if (auto problem = merge(key, place, merges + 1, members)) return problem;
        continue;
      }
      const Result<std::string_view> text = key_of(key, place);
      if (!text) return text.error();
      members.push_back({*text, key, tree_.nodes[key].end, place, merges > 0});
    }
    return {};
  }

  // Of a list of mappings the first has the last word.
  Problem merge(std::uint32_t key, const Place& outer, std::size_t merges,
                std::vector<Member>& members) {
    const Place place = outer.value_or(tree_.nodes[key].mark);
    const std::uint32_t value = tree_.nodes[key].end;
    std::vector<std::uint32_t> sources;
    if (tree_.nodes[value].kind != NodeKind::Sequence) sources.push_back(value);
    for (std::uint32_t i = value + 1; i < tree_.nodes[value].end; i = tree_.nodes[i].end) {
      if (tree_.nodes[value].kind == NodeKind::Sequence) sources.push_back(i);
    }
    for (auto source = sources.rbegin(); source != sources.rend(); ++source) {
      const std::uint32_t mapping = resolve(*source);
      if (tree_.nodes[mapping].kind != NodeKind::Mapping) {
        return fail(tree_.nodes[value], place, "<< takes an object or a list of objects");
      }
      if (auto problem = collect(mapping, place, merges, members)) return problem;
    }
    return {};
  }

  [[nodiscard]] std::uint32_t resolve(std::uint32_t index) const {
    const Node& node = tree_.nodes[index];
    return node.kind == NodeKind::Alias ? node.offset : index;
  }

  // To override what was merged is what merging is for: only what the user wrote twice stays twice.
  static void drop_overridden(std::vector<Member>& members) {
    std::set<std::string_view> later;
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
      const bool is_new = later.insert(member->key).second;
      member->is_merged = member->is_merged && !is_new;
    }
    std::erase_if(members, [](const Member& member) { return member.is_merged; });
  }

  Result<std::string_view> key_of(std::uint32_t index, const Place& place) {
    const Node& node = tree_.nodes[resolve(index)];
    switch (node.kind) {
      case NodeKind::String:
      case NodeKind::Boolean:
      case NodeKind::Integer:
      case NodeKind::NonFinite: return tree_.text_of(node);
      case NodeKind::Number:
        return std::string_view(number_keys_.emplace_back(key_of_number(tree_.text_of(node))));
      case NodeKind::Null: return *fail(tree_.nodes[index], place, "a key is empty or null");
      case NodeKind::BigInteger:
        return *fail(tree_.nodes[index], place, "a key is too large a number");
      default:
        return *fail(tree_.nodes[index], place, "a key is a list or an object: put it in quotes");
    }
  }

  static std::string key_of_number(std::string_view text) {
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return to_key(number);
  }

  Problem spend(const Node& node, const Place& place) {
    if (!place) return {};
    const std::size_t bytes = node.kind == NodeKind::String ? node.size : 0;
    if (budget_.nodes == 0 || budget_.bytes < bytes) {
      return Error{Error::Code::TooLarge,
                   fmt::format("aliases stand for more than {} values or {} MiB in this file",
                               limits::kYamlAliasNodes, limits::kYamlDocument >> 20),
                   place->line};
    }
    --budget_.nodes;
    budget_.bytes -= bytes;
    return {};
  }

  static Problem too_deep(const Node& node, const Place& place) {
    return Error{Error::Code::TooLarge, fmt::format("nested deeper than {} levels", limits::kDepth),
                 place.value_or(node.mark).line};
  }

  static Problem fail(const Node& node, const Place& place, std::string_view message) {
    return Error{Error::Code::Invalid, std::string(message), place.value_or(node.mark).line};
  }

  const Tree& tree_;
  AliasBudget& budget_;
  Document document_;
  std::deque<std::string> number_keys_;  // a deque: the keys must not move
};

}  // namespace

Result<Document> to_document(const Tree& tree, AliasBudget& budget) {
  return Writer(tree, budget).write();
}

}  // namespace pxguard::yaml
