#include "base/yaml.h"

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/yaml_json.h"
#include "base/yaml_problem.h"
#include "base/yaml_tree.h"

namespace pxguard::yaml {
namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";
constexpr std::string_view kJsonBlanks = " \t\n\r";
constexpr const char* kBadSeparator =
    "text after --- on the same line, which kubectl refuses: begin the document on the next line";

std::size_t find_not_of(std::string_view text, std::string_view characters, std::size_t from) {
  return std::min(text.find_first_not_of(characters, from), text.size());
}

Document failed(Error error, int line) {
  Document document;
  document.line = line;
  if (error.line == 0) error.line = line;
  document.error = std::move(error);
  return document;
}

// Walks forward through a text and knows the line and column.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] Mark mark() const { return mark_; }
  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] std::string_view rest() const { return text_.substr(position_); }

  void move_to(std::size_t position) {
    for (const char c : text_.substr(position_, position - position_)) {
      if (c == '\n') {
        mark_ = {mark_.line + 1, 1};
      } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
        ++mark_.column;
      }
    }
    position_ = position;
  }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
  Mark mark_{1, 1};
};

// --- JSON --------------------------------------------------------------------------------------

std::size_t end_of_string(std::string_view text, std::size_t quote) {
  for (std::size_t i = quote + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

std::size_t end_of_token(std::string_view text, std::size_t begin) {
  if (text[begin] == '"') return end_of_string(text, begin);
  return std::min(text.find_first_of(" \t\n\r,:[]{}\"", begin + 1), text.size());
}

// Where the value at the beginning of `text` ends, if that is JSON. None where it does not end.
std::optional<std::size_t> end_of_value(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const bool opens = c == '[' || c == '{';
    const bool closes = c == ']' || c == '}';
    const bool is_between = c == ',' || c == ':' || kJsonBlanks.find(c) != std::string_view::npos;
    if (opens) ++depth;
    if (closes && depth > 0) --depth;
    i = opens || closes || is_between ? i + 1 : end_of_token(text, i);
    if (depth == 0) return i;
  }
  return std::nullopt;
}

// kubectl takes only objects for JSON. A list alone is the same in YAML, a stream of them is not.
bool is_one_value(std::string_view text) {
  text.remove_prefix(find_not_of(text, kJsonBlanks, 0));
  const auto end = end_of_value(text);
  return end && find_not_of(text, kJsonBlanks, *end) == text.size();
}

// REQUIRES: what lies between the cursor and `end` is JSON
std::vector<Mark> marks_of_json(std::string_view text, Cursor cursor, std::size_t end) {
  std::vector<Mark> marks;
  for (std::size_t i = cursor.position(); i < end;) {
    const bool is_node = std::string_view("]},: \t\n\r").find(text[i]) == std::string_view::npos;
    if (is_node) {
      cursor.move_to(i);
      marks.push_back(cursor.mark());
    }
    i = is_node && text[i] != '[' && text[i] != '{' ? end_of_token(text, i) : i + 1;
  }
  return marks;
}

// --- YAML --------------------------------------------------------------------------------------

bool is_separator(std::string_view line) { return line.starts_with("---"); }

// Only blanks, Unicode's too, and a comment may follow on the line.
bool has_text_after_separator(std::string_view line) {
  constexpr std::string_view kWideBlanks[] = {"\xc2\x85", "\xc2\xa0", "\xe2\x80\xa8",
                                              "\xe2\x80\xa9"};
  line.remove_prefix(3);
  for (;;) {
    line.remove_prefix(find_not_of(line, kBlanks, 0));
    const auto* const wide = std::find_if(std::begin(kWideBlanks), std::end(kWideBlanks),
                                          [&](auto blank) { return line.starts_with(blank); });
    if (wide == std::end(kWideBlanks)) return !line.empty() && line[0] != '#';
    line.remove_prefix(wide->size());
  }
}

// The first line that is neither blank nor a comment nor a separator, from 0.
std::optional<int> first_line_of_content(std::string_view text) {
  for (int line = 0; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::size_t begin = find_not_of(text, " \r\n", 0);
    const bool is_content = begin < end && text[begin] != '#' && !is_separator(text.substr(0, end));
    if (is_content) return line;
    text.remove_prefix(end);
  }
  return std::nullopt;
}

bool is_blank(std::string_view text) {
  if (is_separator(text)) text.remove_prefix(3);
  return text.find_first_not_of(" \r\n") == std::string_view::npos;
}

class Reader {
 public:
  std::vector<Document> read(std::string_view text) {
    if (text.size() > limits::kYamlFile) {
      return {failed({Error::Code::TooLarge,
                      fmt::format("the file is larger than {} MiB", limits::kYamlFile >> 20)},
                     1)};
    }
    const std::size_t begin = find_not_of(text, kBlanks, 0);
    const bool is_json = begin < text.size() && (text[begin] == '{' || text[begin] == '[');
    if (is_json) {
      read_json(text);
    } else {
      read_yaml(text, 1);
    }
    return std::move(documents_);
  }

 private:
  // Text that only looked like JSON is YAML from there on: after two values there is no way back,
  // as in kubectl.
  void read_json(std::string_view text) {
    Cursor cursor(text);
    if (text[find_not_of(text, kBlanks, 0)] == '[' && !is_one_value(text))
      return read_yaml(text, 1);
    for (int values = 0;; ++values) {
      const std::size_t before = cursor.position();
      const int line_before = cursor.mark().line;
      cursor.move_to(find_not_of(text, kJsonBlanks, before));
      if (cursor.at_end()) return;
      const auto size = end_of_value(cursor.rest());
      const auto problem = size ? add_json(text, cursor, *size) : not_closed(cursor);
      if (problem && values < 2) {
        const std::size_t end_of_line = text.substr(before, cursor.position() - before).find('\n');
        if (end_of_line == std::string_view::npos)
          return read_yaml(cursor.rest(), cursor.mark().line);
        return read_yaml(text.substr(before + end_of_line + 1), line_before + 1);
      }
      if (problem) {
        documents_.push_back(failed(*problem, cursor.mark().line));
        return;
      }
      cursor.move_to(cursor.position() + *size);
    }
  }

  static std::optional<Error> not_closed(const Cursor&) {
    return Error{Error::Code::Invalid, "not JSON: a bracket or a quote is not closed"};
  }

  // A document costs more than its text: a file of millions of them is refused beyond a number.
  bool has_too_many(int line) {
    if (documents_.size() < limits::kYamlDocuments) return false;
    if (documents_.size() == limits::kYamlDocuments) {
      documents_.push_back(
          failed({Error::Code::TooLarge,
                  fmt::format("the file holds more than {} documents", limits::kYamlDocuments)},
                 line));
    }
    return true;
  }

  // The error, where the value is no JSON.
  std::optional<Error> add_json(std::string_view text, const Cursor& cursor, std::size_t size) {
    const int line = cursor.mark().line;
    if (has_too_many(line)) return {};
    if (size > limits::kYamlDocument) {
      add_too_large(line);
      return {};
    }
    const std::string_view value = cursor.rest().substr(0, size);
    const auto parsed = json::Document::parse(value);
    if (!parsed) {
      if (parsed.error().code != Error::Code::TooLarge) return parsed.error();
      documents_.push_back(failed(parsed.error(), line));
      return {};
    }
    if (!parsed->root().is_set()) return {};
    const std::size_t end = cursor.position() + size;
    documents_.push_back({std::string(value), marks_of_json(text, cursor, end), line, {}});
    return {};
  }

  void read_yaml(std::string_view text, int line) {
    std::string_view document = text.substr(0, 0);
    int first_line = line;
    for (; !text.empty(); ++line) {
      const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
      const std::string_view current = text.substr(0, end);
      text.remove_prefix(end);
      const bool is_bad = is_separator(current) && has_text_after_separator(current);
      const bool ends = is_bad || (is_separator(current) && !document.empty());
      if (!ends) {
        document = {document.data(), document.size() + end};
        continue;
      }
      if (is_bad) {
        documents_.push_back(failed({Error::Code::Invalid, kBadSeparator}, line));
      } else {
        add_yaml(document, first_line);
      }
      document = text.substr(0, 0);
      first_line = line + 1;
    }
    add_yaml(document, first_line);
  }

  void add_yaml(std::string_view text, int line) {
    if (is_blank(text) || has_too_many(line)) return;
    const int content_line = line + first_line_of_content(text).value_or(0);
    if (text.size() > limits::kYamlDocument) return add_too_large(content_line);
    std::string with_end;  // kubectl ends every line: a block scalar at the end sees the difference
    if (!text.ends_with('\n')) text = with_end.append(text).append("\n");
    const Result<Tree> tree = read_tree(text, line, bytes_to_repeat_);
    if (!tree) return documents_.push_back(failed(tree.error(), content_line));
    const bool is_null = tree->nodes.empty() || tree->nodes[0].kind == NodeKind::Null;
    if (is_null) return;
    Result<Document> document = to_document(*tree, alias_budget_);
    if (!document) {
      const Error& error = document.error();
      const bool is_wrong = error.code == Error::Code::Invalid;
      Error explained = error_in(text, error.line - line + 1, error.message);
      explained.line = error.line;
      return documents_.push_back(failed(is_wrong ? explained : error, content_line));
    }
    document->line = content_line;
    documents_.push_back(std::move(document).value());
  }

  void add_too_large(int line) {
    documents_.push_back(
        failed({Error::Code::TooLarge,
                fmt::format("the document is larger than {} MiB", limits::kYamlDocument >> 20)},
               line));
  }

  std::vector<Document> documents_;
  AliasBudget alias_budget_;
  std::size_t bytes_to_repeat_ = limits::kYamlFile;
};

}  // namespace

std::vector<Document> read(std::string_view text) try {
  return Reader().read(text);
} catch (const std::bad_alloc&) {
  return {failed({Error::Code::TooLarge, "out of memory"}, 1)};
}

}  // namespace pxguard::yaml
