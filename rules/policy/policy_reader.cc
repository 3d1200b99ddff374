#include "rules/policy/policy_reader.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "rules/catalogue.h"

namespace pxguard::policy {
namespace {

constexpr std::size_t kLongestWord = 60;

// A word may be repeated to whoever wrote it; what is longer or has blanks may be anything.
bool is_quotable(std::string_view text) {
  return !text.empty() && text.size() <= kLongestWord &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != '"'; });
}

std::string quoted(std::string_view text) {
  return is_quotable(text) ? fmt::format("\"{}\"", text) : "a text";
}

std::string named(std::string_view key) { return is_quotable(key) ? std::string(key) : "(a key)"; }

std::string found(json::Value value) {
  switch (value.kind()) {
    case json::Kind::Null: return "nothing";
    case json::Kind::Boolean: return value.boolean_or(false) ? "true" : "false";
    case json::Kind::Integer:
    case json::Kind::Number: return "a number";
    case json::Kind::String: return value.text().empty() ? "an empty text" : quoted(value.text());
    case json::Kind::Array: return "a list";
    case json::Kind::Object: return "an object";
  }
  std::abort();
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool fits(std::string_view text, const Format& format) {
  return characters(text) <= kLongestText && format.fits(text);
}

// REQUIRES: `text` fits the format of a date
bool is_in_calendar(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t size) {
    return std::atoi(std::string(text.substr(at, size)).c_str());
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  return day.ok();
}

std::string any_of(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 < words.size() ? ", " : " or ";
    text += words[i];
  }
  return text;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  const auto in_lower_case = lower(word);
  for (const std::string_view candidate : candidates) {
    if (lower(candidate) == in_lower_case) return fmt::format("; did you mean \"{}\"?", candidate);
  }
  const auto meant = is_quotable(word) ? did_you_mean(word, candidates) : std::nullopt;
  return meant ? fmt::format("; did you mean \"{}\"?", *meant) : "";
}

std::string wanted(const Shape& shape) {
  switch (shape.type) {
    case Type::Object: {
      const std::string object = "an object";
      return shape.short_form != nullptr ? wanted(*shape.short_form) + ", or " + object : object;
    }
    case Type::Map: return "an object";
    case Type::List: return "a list";
    case Type::Word: return any_of(shape.words);
    case Type::Text: return std::string(shape.format->wanted);
    case Type::Boolean: return "true or false";
    case Type::Anything: return "anything";
  }
  std::abort();
}

std::vector<std::string_view> names_of(std::span<const Field> fields) {
  std::vector<std::string_view> names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

// A place in the file as people write it.
struct Place {
  std::string path;  // "" for the whole
  int line = 0;

  [[nodiscard]] std::string prefix() const { return path.empty() ? "" : path + ": "; }
};

class Comparison {
 public:
  Comparison(const json::Document& document, const std::vector<yaml::Mark>& marks)
      : document_(document), marks_(marks) {}

  std::vector<Error> run(const Shape& shape) {
    compare(document_.root(), shape, {"", line_of(document_.root().node())});
    compare_duplicates();
    std::stable_sort(errors_.begin(), errors_.end(),
                     [](const Error& a, const Error& b) { return a.line < b.line; });
    if (is_full())
      errors_.push_back(
          {Error::Code::Invalid, "there are more errors than these", errors_.back().line});
    return std::move(errors_);
  }

 private:
  [[nodiscard]] int line_of(std::uint32_t node) const {
    return node < marks_.size() ? marks_[node].line : 0;
  }
  [[nodiscard]] bool is_full() const { return errors_.size() >= kMostErrors; }

  void add(int line, std::string message) {
    if (!is_full()) errors_.push_back({Error::Code::Invalid, std::move(message), line});
  }
  void add_unwanted(json::Value value, const Place& place, const std::string& want,
                    const std::string& hint = "") {
    add(place.line, fmt::format("{}found {}, want {}{}", place.prefix(), found(value), want, hint));
  }

  [[nodiscard]] Place member(const Place& of, const json::Member& member) const {
    const std::string key = named(member.key);
    return {of.path.empty() ? key : of.path + "." + key, line_of(member.value.node())};
  }

  void compare(json::Value value, const Shape& shape, const Place& place) {
    switch (shape.type) {
      case Type::Object: return compare_object(value, shape, place);
      case Type::Map: return compare_map(value, shape, place);
      case Type::List: return compare_list(value, shape, place);
      case Type::Word: return compare_word(value, shape, place);
      case Type::Text: return compare_text(value, shape, place);
      case Type::Anything: return;
      case Type::Boolean:
        if (value.kind() != json::Kind::Boolean) add_unwanted(value, place, wanted(shape));
        return;
    }
    std::abort();
  }

  void compare_object(json::Value value, const Shape& shape, const Place& place) {
    if (!value.is_object()) {
      if (shape.short_form == nullptr) return add_unwanted(value, place, wanted(shape));
      const bool may_be_short = !value.is_array() && value.is_set();
      return may_be_short ? compare(value, *shape.short_form, place)
                          : add_unwanted(value, place, wanted(shape));
    }
    const auto names = names_of(shape.fields);
    for (const json::Member& entry : value.members()) compare_field(entry, shape, names, place);
    for (const Field& field : shape.fields) {
      if (field.required && value[field.name].is_absent()) {
        add(place.line, fmt::format("{}the field {} is missing", place.prefix(), field.name));
      }
    }
    if (value.size() < shape.at_least) {
      add(place.line,
          fmt::format("{}found no field, want at least one of {}", place.prefix(), any_of(names)));
    }
  }

  void compare_field(const json::Member& entry, const Shape& shape,
                     std::span<const std::string_view> names, const Place& place) {
    const auto field =
        std::find_if(shape.fields.begin(), shape.fields.end(),
                     [&](const Field& candidate) { return candidate.name == entry.key; });
    if (field == shape.fields.end()) {
      add(line_of(entry.key_node), fmt::format("{}unknown field {}{}", place.prefix(),
                                               quoted(entry.key), suggestion(entry.key, names)));
      return;
    }
    const bool is_nothing_yet =
        !field->required && !entry.value.is_set() && is_collection(*field->shape);
    if (!is_nothing_yet) compare(entry.value, *field->shape, member(place, entry));
  }

  // `exceptions:` whose entries are all comments is a list without entries.
  static bool is_collection(const Shape& shape) {
    return shape.type == Type::List || shape.type == Type::Map || shape.type == Type::Object;
  }

  void compare_map(json::Value value, const Shape& shape, const Place& place) {
    if (!value.is_object()) return add_unwanted(value, place, wanted(shape));
    std::map<const rules::Rule*, int> lines;
    for (const json::Member& entry : value.members()) {
      const int line = line_of(entry.key_node);
      if (shape.is_by_rule) {
        compare_rule(entry.key, {place.path, line});
        compare_twice(entry.key, {place.path, line}, lines);
      } else if (!fits(entry.key, *shape.format)) {
        add(line, fmt::format("{}found {}, want {}", place.prefix(), quoted(entry.key),
                              shape.format->wanted));
      }
      compare(entry.value, *shape.element, member(place, entry));
    }
  }

  void compare_list(json::Value value, const Shape& shape, const Place& place) {
    if (!value.is_array()) return add_unwanted(value, place, wanted(shape));
    std::size_t index = 0;
    for (const json::Value element : value.elements()) {
      compare(element, *shape.element,
              {fmt::format("{}[{}]", place.path, index), line_of(element.node())});
      ++index;
    }
  }

  void compare_word(json::Value value, const Shape& shape, const Place& place) {
    const bool is_false = value.kind() == json::Kind::Boolean && !value.boolean_or(true);
    if (is_false && !shape.when_false.empty()) return;
    const bool is_known = value.is_string() && std::find(shape.words.begin(), shape.words.end(),
                                                         value.text()) != shape.words.end();
    if (!is_known) add_unwanted(value, place, wanted(shape), suggestion(value.text(), shape.words));
  }

  void compare_text(json::Value value, const Shape& shape, const Place& place) {
    if (!value.is_string()) {
      const bool is_bare = value.is_set() && !value.is_object() && !value.is_array();
      return add_unwanted(value, place, wanted(shape), is_bare ? " (put it in quotes)" : "");
    }
    const std::string_view text = value.text();
    if (shape.format == &kRule) return compare_rule(text, place);
    const bool is_refused =
        std::find(shape.refused.begin(), shape.refused.end(), text) != shape.refused.end();
    const bool is_right = fits(text, *shape.format) && !is_refused &&
                          (shape.format != &kDate || is_in_calendar(text));
    if (!is_right) add_unwanted(value, place, wanted(shape));
  }

  void compare_rule(std::string_view word, const Place& place) {
    if (rules::find_rule(word) != nullptr) return;
    add(place.line, fmt::format("{}unknown rule {}{}", place.prefix(), quoted(word),
                                suggestion(word, rules::rule_words())));
  }

  void compare_twice(std::string_view word, const Place& place,
                     std::map<const rules::Rule*, int>& lines) {
    const rules::Rule* rule = rules::find_rule(word);
    if (rule == nullptr) return;
    const auto [known, is_new] = lines.emplace(rule, place.line);
    if (is_new) return;
    add(place.line, fmt::format("{}{} and {} are the same rule, which stands in line {} already",
                                place.prefix(), rule->id, rule->name, known->second));
  }

  void compare_duplicates() {
    for (const json::Duplicate& duplicate : document_.duplicates()) {
      if (is_full()) return;
      const std::string pointer = document_.pointer_of(duplicate.last);
      const std::string_view key = std::string_view(pointer).substr(pointer.rfind('/') + 1);
      add(line_of(duplicate.last), fmt::format("the key {} stands twice, in line {} too",
                                               quoted(key), line_of(duplicate.first)));
    }
  }

  const json::Document& document_;
  const std::vector<yaml::Mark>& marks_;
  std::vector<Error> errors_;
};

}  // namespace

std::vector<Error> problems_of(const json::Document& document, const std::vector<yaml::Mark>& marks,
                               const Shape& shape) {
  return Comparison(document, marks).run(shape);
}

}  // namespace pxguard::policy
