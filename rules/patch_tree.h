// A JSON value that operations of RFC 6902 can be tried on.
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "rules/json_patch.h"

namespace pxguard::rules {

class PatchTree {
 public:
  explicit PatchTree(json::Value root);
  PatchTree(const PatchTree&) = delete;
  PatchTree& operator=(const PatchTree&) = delete;
  ~PatchTree();

  // Why it does not fit; the tree is as it was then.
  std::optional<std::string> apply(const PatchOp& op);

  [[nodiscard]] bool exists(std::string_view pointer) const;
  // It exists and is not null.
  [[nodiscard]] bool is_set(std::string_view pointer) const;
  [[nodiscard]] bool is_map(std::string_view pointer) const;
  [[nodiscard]] bool is_list(std::string_view pointer) const;
  // The text of a string, none of anything else.
  [[nodiscard]] std::optional<std::string> text(std::string_view pointer) const;
  [[nodiscard]] std::string json() const;

 private:
  struct Root;
  std::unique_ptr<Root> root_;
};

// The segments of a pointer, unescaped; none where it is malformed.
std::optional<std::vector<std::string>> pointer_segments(std::string_view pointer);
// The position that a segment names in a list: none of "-", "01", "1e3" and what is too large.
std::optional<std::size_t> list_position(std::string_view segment);
// "/a/b/3" of "/a/b/3/c"; "" of "/a".
std::string_view parent_of(std::string_view pointer);

}  // namespace pxguard::rules
