#include "cli/report/excerpt.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "rules/model/portworx_names.h"

namespace pxguard::report {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 12> kPlainKeys = {
    "name",  "key",     "kind",        "apiVersion", "namespace",    "optional",
    "image", "enabled", "guestAccess", "issuer",     "sharedSecret", "tokenLifetime"};
// Whatever stands below these was chosen by somebody else.
constexpr std::array<std::string_view, 4> kPrivateKeys = {"data", "stringData", "annotations",
                                                          "labels"};

// "key" is harmless where it names the key of a Secret; elsewhere it may be one.
bool is_plain(std::string_view key, std::string_view owner) {
  if (key == "key") return owner == "secretKeyRef" || owner == "configMapKeyRef";
  return is_one_of(key, kPlainKeys);
}

// A key may stand in the field that names the Secret of one, or in one for a word.
bool is_plain_text(std::string_view key, std::string_view text) {
  constexpr std::size_t kLongestWord = 16;
  constexpr std::size_t kLongestName = 63;
  if (key == "guestAccess" || key == "tokenLifetime") return text.size() <= kLongestWord;
  return key != "sharedSecret" ||
         (text.size() <= kLongestName &&
          text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") ==
              std::string_view::npos);
}

// "--jwt-issuer" and "-jwt_issuer" are one flag.
std::string flag_name(std::string_view element) {
  std::string name(element.substr(std::min(element.find_first_not_of('-'), element.size())));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool is_public_flag(std::string_view element) {
  const std::string name = flag_name(element);
  return std::any_of(
      model::kAuthNames.begin(), model::kAuthNames.end(), [&name](const auto& known) {
        return !known.is_secret && !known.argument.empty() && flag_name(known.argument) == name;
      });
}

// What follows may be a secret that begins with a dash.
bool announces_secret(std::string_view element) {
  if (!element.starts_with('-')) return false;
  const std::string name = flag_name(element);
  constexpr std::array<std::string_view, 6> kWords = {"secret", "key", "token",
                                                      "pass",   "pwd", "auth"};
  return std::any_of(kWords.begin(), kWords.end(), [&name](std::string_view word) {
    return name.find(word) != std::string::npos;
  });
}

bool is_flag(std::string_view element) {
  constexpr std::size_t kLongestFlag = 40;
  return element.starts_with('-') && element.size() <= kLongestFlag &&
         element.find_first_not_of("abcdefghijklmnopqrstuvwxyz_-") == std::string_view::npos;
}

bool is_shown_element(std::string_view before, std::string_view element) {
  if (is_public_flag(before)) return element.find_first_of(" \t\n=") == std::string_view::npos;
  return is_flag(element) && !announces_secret(before);
}

bool is_boolean_word(std::string_view word) {
  constexpr std::array<std::string_view, 8> kWords = {"true", "false", "yes", "no",
                                                      "on",   "off",   "y",   "n"};
  return is_one_of(lower(word), kWords);
}

std::size_t size_of_character(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
  return size;
}

// The byte where character `column` (from 1) of the line begins.
std::size_t byte_of(std::string_view line, int column) {
  std::size_t byte = 0;
  for (int current = 1; current < column && byte < line.size(); ++current) {
    byte += size_of_character(line.substr(byte));
  }
  return byte;
}

// As many characters as in `text`, each printable.
std::string shown(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); i += size_of_character(text.substr(i))) {
    const char c = text[i];
    result += c == '\t' ? ' ' : (c >= 0x20 && c < 0x7f ? c : '?');
  }
  return result;
}

}  // namespace

// What leads to a value.
struct Excerpts::Above {
  std::string_view key{};
  std::string_view owner{};  // the key above the key
  bool is_private = false;
};

Excerpts::Excerpts(const model::Object& object, std::set<std::string> known)
    : object_(object), known_(std::move(known)), seen_(object.document().nodes(), false) {
  read(object.document().root(), {});
  add_hidden();
  for (auto& [line, tokens] : lines_) {
    std::stable_sort(tokens.begin(), tokens.end(),
                     [](const Token& a, const Token& b) { return a.column < b.column; });
  }
}

void Excerpts::read(json::Value value, const Above& above) {
  if (value.is_array()) return read_list(value, above);
  if (!value.is_object()) {
    const bool is_shown = !above.is_private && is_plain(above.key, above.owner) &&
                          is_plain_text(above.key, value.text());
    add(value.node(), is_shown, value);
    return;
  }
  seen_[value.node()] = true;
  for (const auto& [key, member, key_node] : value.members()) {
    lines_[object_.mark_of_node(key_node).line].push_back(
        {object_.mark_of_node(key_node).column, true, false, key});
    seen_[key_node] = true;
    read(member, {key, above.key, above.is_private || is_one_of(key, kPrivateKeys)});
  }
}

void Excerpts::read_list(json::Value list, const Above& above) {
  seen_[list.node()] = true;
  const bool is_command = !above.is_private && (above.key == "args" || above.key == "command");
  std::string_view before;
  for (const json::Value element : list.elements()) {
    if (element.is_object() || element.is_array()) {
      read(element, {.key = {}, .owner = above.key, .is_private = above.is_private});
    } else {
      add(element.node(), is_command && is_shown_element(before, element.text()), element);
    }
    before = element.text();
  }
}

void Excerpts::add(std::uint32_t node, bool is_shown, json::Value value) {
  seen_[node] = true;
  const bool is_boolean = value.kind() == json::Kind::Boolean;
  const bool is_known = value.is_string() && known_.contains(std::string(value.text()));
  const bool can_be_shown =
      (is_shown || is_known) && (value.is_string() || is_boolean) && value.text().size() < 256;
  const yaml::Mark mark = object_.mark_of_node(node);
  if (value.is_set())
    lines_[mark.line].push_back({mark.column, can_be_shown, is_boolean, value.text()});
}

// Members that a later duplicate hides cannot be looked at; so nothing of them is shown.
void Excerpts::add_hidden() {
  for (std::uint32_t node = 0; node < seen_.size(); ++node) {
    if (seen_[node]) continue;
    const yaml::Mark mark = object_.mark_of_node(node);
    lines_[mark.line].push_back({mark.column, false, false, {}});
  }
}

namespace {

constexpr std::string_view kStructure = " \t-?:,{}[]";

// How many bytes at the front of `line` are this text, bare or in quotes; 0: it stands there in
// some other form.
std::size_t size_of_token(std::string_view line, std::string_view text, bool is_boolean) {
  if (is_boolean) {
    const std::size_t end = std::min(line.find_first_of(" \t,:]}#"), line.size());
    return is_boolean_word(line.substr(0, end)) ? end : 0;
  }
  const bool is_quoted = line.starts_with('"') || line.starts_with('\'');
  const std::size_t begin = is_quoted ? 1 : 0;
  if (text.empty() || text.find_first_of("\"'\\") != std::string_view::npos) return 0;
  if (line.substr(begin, text.size()) != text) return 0;
  const std::string_view rest = line.substr(begin + text.size());
  if (is_quoted) return rest.starts_with(line.front()) ? text.size() + 2 : 0;
  return rest.empty() || kStructure.find(rest.front()) != std::string_view::npos ? text.size() : 0;
}

}  // namespace

std::optional<Excerpt> Excerpts::at(yaml::Mark mark, std::string_view line) const {
  const auto found = lines_.find(mark.line);
  if (found == lines_.end()) return std::nullopt;
  std::size_t end = 0;  // of what may be shown
  bool is_stopped = false;
  for (const Token& token : found->second) {
    const std::size_t begin = byte_of(line, token.column);
    if (begin < end) continue;  // inside what an alias repeats
    const std::size_t other = line.substr(0, begin).find_first_not_of(kStructure, end);
    const std::size_t size = other == std::string_view::npos && token.is_shown
                                 ? size_of_token(line.substr(begin), token.text, token.is_boolean)
                                 : 0;
    is_stopped = size == 0;
    end = is_stopped ? std::min(other, begin) : begin + size;
    if (is_stopped) break;
  }
  const std::size_t next = std::min(line.find_first_not_of(kStructure, end), line.size());
  if (!is_stopped) {
    is_stopped = next < line.size() && line[next] != '#';
    end = next;
  }
  std::string text = shown(line.substr(0, end));
  text.erase(text.find_last_not_of(' ') + 1);
  if (text.find_first_not_of(kStructure) == std::string::npos) return std::nullopt;
  const int caret = std::min(mark.column - 1, static_cast<int>(text.size()) + (is_stopped ? 1 : 0));
  if (is_stopped) text += " ...";
  return Excerpt{std::move(text), std::max(caret, 0)};
}

// What is hidden ends where the next token begins: between them only brackets and the like are
// shown.
std::optional<std::string> Excerpts::masked(int number, std::string_view line) const {
  const auto found = lines_.find(number);
  if (found == lines_.end()) return std::nullopt;
  std::string text;
  std::size_t end = 0;     // of what is settled
  bool is_hidden = false;  // what stands from `end` on
  const auto settle = [&](std::size_t until) {
    const std::string_view between = line.substr(end, until - end);
    const std::size_t last = between.find_last_not_of(kStructure);
    const bool is_plain = last == std::string_view::npos;
    if (is_hidden || !is_plain) text += "...";
    text += shown(between.substr(is_plain ? 0 : last + 1));
    end = until;
  };
  for (const Token& token : found->second) {
    const std::size_t begin = byte_of(line, token.column);
    if (begin < end || begin > line.size()) continue;
    settle(begin);
    const std::size_t size =
        token.is_shown ? size_of_token(line.substr(begin), token.text, token.is_boolean) : 0;
    is_hidden = size == 0;
    text += shown(line.substr(begin, size));
    end = begin + size;
  }
  const std::size_t comment = is_hidden ? std::string_view::npos : line.find(" #", end);
  const std::string_view rest = line.substr(end, comment - end);
  if (comment != std::string_view::npos && rest.find_first_not_of(kStructure) == std::string::npos)
    return text + shown(rest) + " # ...";
  settle(line.size());
  return text;
}

}  // namespace pxguard::report
