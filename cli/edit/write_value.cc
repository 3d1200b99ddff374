#include "cli/edit/write_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <variant>

#include "base/json_text.h"
#include "base/text.h"
#include "base/yaml_scalar.h"

namespace pxguard::edit {
namespace {

using yaml::Style;

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Read as this very text by every reader of YAML, also without quotes.
bool is_plain(std::string_view text) {
  const std::string_view word = text.substr(text.starts_with('-') ? 1 : 0);
  const bool begins_well = !word.empty() &&
                           (is_word_character(word.front()) || word.front() == '/') &&
                           !(word.front() >= '0' && word.front() <= '9');
  if (!begins_well || text.back() == ':') return false;
  const bool is_simple = std::all_of(text.begin(), text.end(), [](char c) {
    return is_word_character(c) || std::string_view("-./:@+=").find(c) != std::string_view::npos;
  });
  if (!is_simple) return false;
  const auto read = yaml::read_scalar(text, "", yaml::Reading::Resolved);
  return read && std::holds_alternative<std::string>(*read);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

std::string single_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + '\'';
}

std::string write_text(std::string_view text, Style like, const Manner& manner, bool in_flow) {
  if (manner.is_json || like == Style::DoubleQuoted) return json::quote(text);
  if (like == Style::SingleQuoted && is_printable(text)) return single_quoted(text);
  // "a:b" in a flow mapping is a pair for some readers.
  const bool is_pair = in_flow && text.find(':') != std::string_view::npos;
  return is_plain(text) && !is_pair ? std::string(text) : json::quote(text);
}

std::string pad(std::size_t column) { return std::string(column, ' '); }

}  // namespace

std::string write_scalar(json::Value value, Style like, const Manner& manner, bool in_flow) {
  if (!value.is_set()) return "null";
  switch (value.kind()) {
    case json::Kind::Boolean: return value.boolean_or(false) ? "true" : "false";
    case json::Kind::Integer: return std::to_string(value.integer_or(0));
    case json::Kind::Number: {
      std::array<char, 40> digits{};
      const auto [end, error] =
          std::to_chars(digits.data(), digits.data() + digits.size(), value.number_or(0));
      return {digits.data(), end};
    }
    default: return write_text(value.text(), like, manner, in_flow);
  }
}

std::string write_key(std::string_view key, Style like, const Manner& manner, bool in_flow) {
  return write_text(key, like, manner, in_flow);
}

std::string write_flow(json::Value value, Style like, const Manner& manner) {
  const std::string_view comma = manner.is_spaced ? ", " : ",";
  const std::string_view colon = manner.is_spaced || !manner.is_json ? ": " : ":";
  std::string text;
  if (value.is_array()) {
    for (const json::Value element : value.elements())
      text.append(text.empty() ? "" : comma).append(write_flow(element, like, manner));
    return '[' + text + ']';
  }
  if (!value.is_object()) return write_scalar(value, like, manner, true);
  for (const auto& [key, member, node] : value.members()) {
    text.append(text.empty() ? "" : comma)
        .append(write_key(key, Style::Plain, manner, true))
        .append(colon)
        .append(write_flow(member, like, manner));
  }
  return '{' + text + '}';
}

// Values are those of a document: limits::kDepth bounds the recursion.
std::string write_printed(json::Value value, std::size_t indent, const Manner& manner) {
  if ((!value.is_object() && !value.is_array()) || value.empty())
    return write_flow(value, Style::Plain, manner);
  const std::string line = manner.line_break + pad(indent + manner.step);
  std::string text;
  const auto next = [&] { text.append(text.empty() ? "" : ",").append(line); };
  for (const json::Value element : value.elements()) {
    next();
    text += write_printed(element, indent + manner.step, manner);
  }
  for (const auto& [key, member, node] : value.members()) {
    next();
    text += write_key(key, Style::Plain, manner, true) + ": ";
    text += write_printed(member, indent + manner.step, manner);
  }
  text += manner.line_break + pad(indent);
  return value.is_array() ? '[' + text + ']' : '{' + text + '}';
}

std::string write_member(std::string_view key, json::Value value, std::size_t column,
                         const Manner& manner) {
  const std::string head = write_key(key, Style::Plain, manner, false) + ':';
  const bool is_inline = (!value.is_object() && !value.is_array()) || value.empty();
  if (is_inline) return head + ' ' + write_flow(value, Style::Plain, manner);
  const std::size_t below = column + (value.is_array() ? manner.sequence_offset : manner.step);
  return head + manner.line_break + write_below(value, below, manner);
}

std::string write_below(json::Value value, std::size_t column, const Manner& manner) {
  std::string text;
  const auto next = [&] { text.append(text.empty() ? "" : manner.line_break).append(pad(column)); };
  for (const json::Value element : value.elements()) {
    next();
    text += '-' + pad(manner.gap - 1) +
            write_element(element, column + manner.gap, Style::Plain, manner);
  }
  for (const auto& [key, member, node] : value.members()) {
    next();
    text += write_member(key, member, column, manner);
  }
  return text;
}

std::string write_element(json::Value value, std::size_t column, Style like, const Manner& manner) {
  if (value.is_object() && !value.empty()) return write_below(value, column, manner).substr(column);
  const bool is_list = value.is_object() || value.is_array();
  return is_list ? write_flow(value, like, manner) : write_scalar(value, like, manner, false);
}

}  // namespace pxguard::edit
