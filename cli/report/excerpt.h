// The line of a manifest that a finding points at, without anything that may be a secret. What may
// be shown is decided by the decoded document, not by how the text looks: the line is followed
// token by token, each has to be the key or the harmless value that the document has there, and
// the first one that is not ends it. Comments are never shown.
//
// Threads: safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/object.h"

namespace pxguard::report {

struct Excerpt {
  std::string text{};  // printable; ends in " ..." where something was left out
  int caret = 0;       // 0-based, where the finding points
};

// Knows a document's lines; made once for all findings of an object.
class Excerpts {
 public:
  // `known`: texts that may be shown wherever they are a whole value.
  explicit Excerpts(const model::Object& object, std::set<std::string> known = {});

  // `line`: the source line at the mark. None where nothing of it may be shown.
  [[nodiscard]] std::optional<Excerpt> at(yaml::Mark mark, std::string_view line) const;
  // The whole line, with ... for everything that may not be shown and for comments. None where the
  // document says nothing about the line.
  [[nodiscard]] std::optional<std::string> masked(int number, std::string_view line) const;

 private:
  struct Token {
    int column;
    bool is_shown;
    bool is_boolean;
    std::string_view text;
  };
  struct Above;

  void read(json::Value value, const Above& above);
  void read_list(json::Value list, const Above& above);
  void add(std::uint32_t node, bool is_shown, json::Value value);
  void add_hidden();

  const model::Object& object_;
  const std::set<std::string> known_;
  std::map<int, std::vector<Token>> lines_;
  std::vector<bool> seen_;
};

}  // namespace pxguard::report
