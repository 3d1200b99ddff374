#include "base/yaml_problem.h"

#include <yaml.h>

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace pxguard::yaml {
namespace {

constexpr std::string_view kTab = "a tab is used as indentation: use spaces";
constexpr std::string_view kNotUtf8 = "not UTF-8: save the file as UTF-8";
constexpr std::string_view kUtf16 = "UTF-16: save the file as UTF-8";
constexpr const char* kTemplate =
    "this looks like a Go template ({{ ... }}): render it first, for example with helm template";

struct Wording {
  std::string_view problem;  // libyaml's
  std::string_view message;
};

constexpr std::array kWordings = std::to_array<Wording>({
    {"mapping values are not allowed in this context",
     "a colon where no key can be: check the indentation, or put the text in quotes"},
    {"could not find expected ':'",
     "a key without a colon: check the indentation and the quotes of the lines above"},
    {"did not find expected key", "the line does not fit the ones above: check the indentation"},
    {"did not find expected '-' indicator",
     "the line does not fit the list above: check the indentation"},
    {"found a tab character that violates indentation", kTab},
    {"found a tab character where an indentation space is expected", kTab},
    {"found character that cannot start any token",
     "a character that cannot begin a value: put the text in quotes"},
    {"did not find expected ',' or ']'", "a list in [ ] lacks a comma or the closing ]"},
    {"did not find expected ',' or '}'", "an object in { } lacks a comma or the closing }"},
    {"found unknown escape character",
     "an unknown escape in double quotes: write \\\\ for a backslash, or use single quotes"},
    {"did not find expected alphabetic or numeric character",
     "an * or & begins an alias or anchor here: put the text in quotes"},
    {"found undefined tag handle", "an ! begins a tag here: put the text in quotes"},
    {"control characters are not allowed", "a control character: remove it"},
    {"invalid leading UTF-8 octet", kNotUtf8},
    {"invalid trailing UTF-8 octet", kNotUtf8},
    {"incomplete UTF-8 octet sequence", kNotUtf8},
    {"invalid length of a UTF-8 sequence", kNotUtf8},
    {"invalid Unicode character", kNotUtf8},
    {"incomplete UTF-16 character", kUtf16},
    {"incomplete UTF-16 surrogate pair", kUtf16},
    {"unexpected low surrogate area", kUtf16},
    {"expected low surrogate area", kUtf16},
});

std::string_view reword(std::string_view problem) {
  const auto* const wording =
      std::find_if(kWordings.begin(), kWordings.end(),
                   [&](const Wording& each) { return each.problem == problem; });
  return wording == kWordings.end() ? problem : wording->message;
}

// Line `number` of the text, without its break; "" where there is none.
std::string_view line_of(std::string_view text, int number) {
  for (int i = 1; i < number; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  return number < 1 ? "" : text.substr(0, text.find('\n'));
}

bool is_indented_with_tab(std::string_view line) {
  return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

bool is_template(std::string_view line) { return line.find("{{") != std::string_view::npos; }

int lines_before(std::string_view text, std::size_t offset) {
  const std::string_view head = text.substr(0, offset);
  return static_cast<int>(std::count(head.begin(), head.end(), '\n'));
}

Error reader_problem(const yaml_parser_s& parser, std::string_view text) {
  const std::string_view problem = parser.problem == nullptr ? "not text" : parser.problem;
  const int line = 1 + lines_before(text, parser.problem_offset);
  const bool is_nul = parser.problem_value == 0 && problem.starts_with("control");
  return {Error::Code::Invalid,
          std::string(is_nul ? "a NUL byte: this is not a text file" : reword(problem)), line};
}

// libyaml reports a problem at the end of the text on the line after the last one.
int last_line(std::string_view text) {
  return std::max(1, lines_before(text, text.size()) + (text.ends_with('\n') ? 0 : 1));
}

}  // namespace

std::optional<std::size_t> refused_quote_of(const yaml_parser_s& parser, std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  const std::string_view problem = parser.problem == nullptr ? "" : parser.problem;
  if (problem != "found unknown escape character") return std::nullopt;
  std::size_t i = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  for (std::size_t characters = parser.problem_mark.index; i < text.size(); ++i) {
    const bool begins_character = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (begins_character && characters-- == 0) break;
  }
  if (i >= text.size() || !text.substr(i).starts_with("\\'")) return std::nullopt;
  return i;
}

Error error_in(std::string_view text, int line, std::string message) {
  if (is_template(line_of(text, line))) message = kTemplate;
  return {Error::Code::Invalid, std::move(message), line};
}

Error problem_of(const yaml_parser_s& parser, std::string_view text) {
  if (parser.error == YAML_MEMORY_ERROR) return {Error::Code::TooLarge, "out of memory", 1};
  if (parser.error == YAML_READER_ERROR) return reader_problem(parser, text);
  const std::string_view problem = parser.problem == nullptr ? "not YAML" : parser.problem;
  const std::string_view context = parser.context == nullptr ? "" : parser.context;
  const int line = std::min(1 + static_cast<int>(parser.problem_mark.line), last_line(text));
  const int begin = 1 + static_cast<int>(parser.context_mark.line);
  if (context == "while scanning a quoted scalar" && problem.starts_with("found unexpected")) {
    return error_in(text, begin, "a quote is opened here and not closed");
  }
  // libyaml may notice a template only after it.
  const bool is_near =
      context.starts_with("while scanning") || context.starts_with("while parsing a flow");
  for (const int culprit : {line, line - 1, is_near ? begin : line}) {
    if (is_template(line_of(text, culprit))) return error_in(text, culprit, kTemplate);
  }
  const bool has_tab = is_indented_with_tab(line_of(text, line));
  return {Error::Code::Invalid, std::string(has_tab ? kTab : reword(problem)), line};
}

}  // namespace pxguard::yaml
