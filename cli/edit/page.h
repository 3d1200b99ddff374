// The text of one document with the places of its nodes, and how it is written.
//
// Lifetime: valid while the text is. Threads: any number may read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml_layout.h"
#include "cli/edit/write_value.h"

namespace pxguard::edit {

// Bytes that give way to others.
struct Splice {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text{};
};
using Splices = std::vector<Splice>;

// Where a pointer leads: to something that stands there, or to where it would stand.
struct Spot {
  std::uint32_t parent = 0;
  std::optional<std::uint32_t> key{};    // in a mapping
  std::optional<std::uint32_t> value{};  // the member or the element
  std::size_t position = 0;              // among the children of a sequence, or how many there are
  std::string segment{};                 // the last one of the pointer
};

class Page {
 public:
  // The error says why this text can only be edited by hand.
  static Result<Page> of(std::string_view text);

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const Manner& manner() const { return manner_; }
  [[nodiscard]] const yaml::LayoutNode& node(std::uint32_t index) const {
    return layout_.nodes[index];
  }
  // RFC 6901. The error says what stands in the way: an alias, a merge, a key that stands twice.
  [[nodiscard]] Result<Spot> find(std::string_view pointer) const;

  [[nodiscard]] std::size_t line_begin(std::size_t at) const;
  // Where the next line begins; of the last line the end of the text. A place that is the beginning
  // of a line, behind another one, stays.
  [[nodiscard]] std::size_t line_after(std::size_t at) const;
  [[nodiscard]] std::size_t column(std::size_t at) const { return at - line_begin(at); }
  // Of the line that `at` stands in.
  [[nodiscard]] std::size_t indentation(std::size_t at) const;
  [[nodiscard]] bool is_first_in_line(std::size_t at) const;
  // Nothing but a comment follows in this line.
  [[nodiscard]] bool is_last_in_line(std::size_t at) const;
  // The dash of an element of a block.
  [[nodiscard]] std::size_t dash(std::uint32_t sequence, std::size_t position) const;
  // Behind the colon of a key; none where it is written in another way.
  [[nodiscard]] std::optional<std::size_t> after_colon(std::uint32_t key) const;
  [[nodiscard]] bool is_null(std::uint32_t index) const;

  // The comments from `begin` to `end`, each from its # to the end of its line.
  [[nodiscard]] std::vector<std::string> comments(std::size_t begin, std::size_t end) const;

  // Whole lines at `at`, which is the beginning of a line or the end of the text.
  [[nodiscard]] Splice insert_lines(std::size_t at, std::string lines) const;

 private:
  Page(std::string_view text, yaml::Layout layout);
  void learn_manner();
  // How far the one stands to the right of the other.
  [[nodiscard]] std::optional<std::size_t> inset_of(const yaml::LayoutNode& child,
                                                    const yaml::LayoutNode& parent) const;
  [[nodiscard]] bool is_behind_dash(const yaml::LayoutNode& child) const;
  [[nodiscard]] Result<std::optional<std::uint32_t>> member(std::uint32_t mapping,
                                                            std::string_view key) const;

  std::string_view text_;
  yaml::Layout layout_;
  Manner manner_;
};

// REQUIRES: they do not overlap
std::string spliced(std::string_view text, Splices splices);

}  // namespace pxguard::edit
