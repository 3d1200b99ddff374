#include "rules/model/pxctl_calls.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/text.h"
#include "rules/model/portworx_names.h"

namespace pxguard::model {
namespace {

constexpr std::string_view kPxctl = "pxctl";

// Those that ask the server, some by their short names.
constexpr std::array<std::string_view, 25> kCommands = {
    "alerts",         "c",           "cd",      "clouddrive",
    "cloudmigrate",   "cloudsnap",   "cluster", "cm",
    "cred",           "credentials", "cs",      "lic",
    "license",        "objectstore", "role",    "sched-policy",
    "secrets",        "service",     "snap",    "status",
    "storage-policy", "stp",         "sv",      "v",
    "volume"};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
// Where one command ends and another begins, also inside quotes and $(...).
bool ends_command(char c) {
  return std::string_view("\n;|&()`{}").find(c) != std::string_view::npos;
}
bool is_quote(char c) { return c == '"' || c == '\''; }

struct Text {
  std::string all;
  std::vector<std::size_t> begins;  // of each element
};

// The elements one behind the other, a script on lines of its own and without its comments.
Text joined(std::span<const Word> elements) {
  Text text;
  for (const Word& element : elements) {
    if (has_any_of<' ', '\n', ';'>(element.text)) text.all += '\n';
    text.begins.push_back(text.all.size());
    bool in_comment = false;
    char before = '\n';
    for (const char c : element.text) {
      if (c == '#' && (is_blank(before) || before == '\n')) in_comment = true;
      if (c == '\n') in_comment = false;
      if (!in_comment) text.all += c;
      before = c;
    }
    text.all += ' ';
  }
  return text;
}

// The next word from `at` on, quotes taken off; "" at the end of the command.
std::string_view next_word(std::string_view text, std::size_t& at) {
  while (at < text.size() && (is_blank(text[at]) || is_quote(text[at]))) ++at;
  // A line that goes on.
  if (text.substr(at).starts_with("\\\n")) {
    at += 2;
    return next_word(text, at);
  }
  const std::size_t begin = at;
  while (at < text.size() && !is_blank(text[at]) && !is_quote(text[at]) && !ends_command(text[at]))
    ++at;
  return text.substr(begin, at - begin);
}

// Of a call that begins with its arguments at `at`.
std::string_view command_of(std::string_view text, std::size_t at) {
  for (std::string_view word = next_word(text, at); !word.empty(); word = next_word(text, at)) {
    if (word == "--version" || word == "-v" || word == "--help" || word == "-h") return {};
    if (!word.starts_with('-')) return word;
  }
  return {};
}

std::string_view first_word_of_command(std::string_view text, std::size_t inside) {
  std::size_t begin = inside;
  while (begin > 0 && !ends_command(text[begin - 1])) --begin;
  return next_word(text, begin);
}

bool only_names_it(std::string_view program) {
  constexpr std::array<std::string_view, 14> kPrinting = {
      "echo", "printf", "log", "logger", "which", "command", "type",
      "ls",   "test",   "[",   "[[",     "cp",    "install", "alias"};
  return std::find(kPrinting.begin(), kPrinting.end(), last_part(program, '/')) != kPrinting.end();
}

// A program, and not the end or the beginning of another word.
bool is_program_at(std::string_view text, std::size_t at) {
  const auto is_part_of_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  const std::size_t end = at + kPxctl.size();
  const bool starts = at == 0 || !is_part_of_word(text[at - 1]);
  return starts && (end >= text.size() || is_blank(text[end]) || is_quote(text[end]) ||
                    ends_command(text[end]));
}

// PXCTL="kubectl exec $POD -- /opt/pwx/bin/pxctl": what follows $PXCTL is an argument of pxctl.
std::string variable_set_to_pxctl(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && text[begin - 1] != '\n' && text[begin - 1] != ';') --begin;
  std::string_view line = text.substr(begin, at - begin);
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos || equals == 0) return {};
  const std::string_view name = line.substr(0, equals);
  const bool is_name = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return is_name ? std::string(name) : std::string();
}

class Calls {
 public:
  explicit Calls(std::span<const Word> elements) : elements_(elements), text_(joined(elements)) {}

  std::optional<PxctlCall> first() const {
    const std::string_view all = text_.all;
    std::size_t looked_at = 0;
    for (std::size_t at = all.find(kPxctl); at != std::string_view::npos;
         at = all.find(kPxctl, at + 1)) {
      if (!is_program_at(all, at)) continue;
      if (++looked_at > limits::kPxctlMentions) break;
      if (auto call = call_at(at, at + kPxctl.size())) return call;
      const std::string name = variable_set_to_pxctl(all, at);
      if (name.empty()) continue;
      for (const std::string& use : {'$' + name + ' ', "${" + name + "} "}) {
        const std::size_t used = all.find(use, at);
        if (used == std::string_view::npos) continue;
        if (auto call = call_at(used, used + use.size())) return call;
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<PxctlCall> call_at(std::size_t program, std::size_t arguments) const {
    const std::string_view all = text_.all;
    const std::string_view command = command_of(all, arguments);
    if (std::find(kCommands.begin(), kCommands.end(), command) == kCommands.end())
      return std::nullopt;
    if (only_names_it(first_word_of_command(all, program))) return std::nullopt;
    const auto after = std::upper_bound(text_.begins.begin(), text_.begins.end(), program);
    const auto element = static_cast<std::size_t>(after - text_.begins.begin()) - 1;
    return PxctlCall{std::string(command), elements_[element].path};
  }

  std::span<const Word> elements_;
  Text text_;
};

}  // namespace

std::optional<PxctlCall> first_pxctl_call(std::span<const Word> elements) {
  if (!mentions_pxctl(elements)) return std::nullopt;
  return Calls(elements).first();
}

bool brings_pxctl_token(std::span<const Word> elements) {
  constexpr std::array<std::string_view, 8> kSigns = {
      kPxctlTokenEnv, "--context",           "context create", "context set",
      kAuthTokenKey,  "auth token generate", kAdminToken,      kUserToken};
  const std::string all = joined(elements).all;
  return std::any_of(kSigns.begin(), kSigns.end(),
                     [&all](std::string_view sign) { return all.find(sign) != std::string::npos; });
}

bool mentions_pxctl(std::span<const Word> elements) {
  return std::any_of(elements.begin(), elements.end(),
                     [](const Word& element) { return contains_word(element.text, kPxctl); });
}

}  // namespace pxguard::model
