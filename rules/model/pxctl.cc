#include "rules/model/pxctl.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <list>
#include <utility>

#include "base/text.h"
#include "rules/model/portworx_names.h"
#include "rules/model/setting.h"

namespace pxguard::model {
namespace {

// Every JWT begins so: {" in base64url.
constexpr std::string_view kJwt = "eyJ";
// Scripts in quotes in scripts in quotes.
constexpr int kDeepest = 3;

struct ShellWord {
  std::string_view text;  // of its element, or kept by the script
  const Word* element;
};
// Words up to the next ; | & or end of line.
using SimpleCommand = std::vector<ShellWord>;

struct Script {
  std::vector<SimpleCommand> commands{1};
  std::list<std::string> kept{};  // words that stand nowhere as they are
};

// Splits a script roughly as a shell does. Never fails: a quote that is never closed, as in the
// text of a here-document, is a letter like any other.
class ScriptReader {
 public:
  ScriptReader(std::string_view script, const Word& element) : script_(script), element_(element) {}

  // The first command goes on with what `script` ends with.
  void read_into(Script& script) && {
    while (at_ < script_.size()) read_character(script);
    end_word(script);
  }

 private:
  void read_character(Script& script) {
    const char c = script_[at_++];
    if (c == '\'' || c == '"') return read_quoted(c);
    if (c == '\\') return read_escaped();
    if (c == '#' && !in_word_) return skip_comment();
    if (c == ' ' || c == '\t' || c == '\r') return end_word(script);
    if (std::string_view(";|&\n(){}").find(c) != std::string_view::npos && !in_expansion(c)) {
      return end_command(script);
    }
    add(c);
  }

  void add(char c) {
    word_ += c;
    in_word_ = true;
  }

  // ${NAME} and $(...) stay in the word: they tell that its value comes later.
  bool in_expansion(char c) {
    if ((c == '{' || c == '(') && word_.ends_with('$')) {
      ++expansions_;
      return true;
    }
    if ((c == '}' || c == ')') && expansions_ > 0) {
      --expansions_;
      return true;
    }
    return expansions_ > 0 && c != '\n';
  }

  void read_quoted(char quote) {
    std::size_t end = at_;
    while (end < script_.size() && script_[end] != quote) {
      end += quote == '"' && script_[end] == '\\' && end + 1 < script_.size() ? 2 : 1;
    }
    if (end >= script_.size()) return add(quote);
    in_word_ = true;
    for (; at_ < end; ++at_) {
      if (quote == '"' && script_[at_] == '\\') ++at_;
      word_ += script_[at_];
    }
    at_ = end + 1;
  }

  void read_escaped() {
    if (at_ >= script_.size()) return;
    const char c = script_[at_++];
    if (c != '\n') add(c);
  }

  void skip_comment() { at_ = std::min(script_.find('\n', at_), script_.size()); }

  void end_word(Script& script) {
    if (expansions_ > 0 && at_ < script_.size()) return add(' ');
    expansions_ = 0;
    if (!in_word_) return;
    script.kept.push_back(std::move(word_));
    script.commands.back().push_back({script.kept.back(), &element_});
    word_.clear();
    in_word_ = false;
  }

  void end_command(Script& script) {
    expansions_ = 0;
    end_word(script);
    if (!script.commands.back().empty()) script.commands.emplace_back();
  }

  std::string_view script_;
  const Word& element_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  int expansions_ = 0;
};

bool is_several_words(std::string_view text) {
  return has_any_of<' ', '\t', '\r', '\n', ';'>(text);
}

Script read_commands(std::span<const Word> elements) {
  Script script;
  script.commands.back().reserve(elements.size());
  for (const Word& element : elements) {
    if (!is_several_words(element.text)) {
      script.commands.back().push_back({element.text, &element});
      continue;
    }
    const bool is_arguments = element.text.starts_with('-');
    if (!is_arguments) script.commands.emplace_back();
    ScriptReader(element.text, element).read_into(script);
    if (!is_arguments) script.commands.emplace_back();
  }
  return script;
}

// "-jwt_shared_secret", "--jwt-shared-secret": the same to whoever wrote them.
std::string plain_flag(std::string_view flag) {
  std::string name = lower(flag);
  std::replace(name.begin(), name.end(), '_', '-');
  name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
  return name;
}

bool mentions_pxctl(const SimpleCommand& command) {
  return std::any_of(command.begin(), command.end(), [](const ShellWord& word) {
    return contains_in_any_case(word.text, "pxctl");
  });
}

// Programs whose own --token says nothing about Portworx.
bool is_command_of_a_stranger(const SimpleCommand& command) {
  static constexpr std::array<std::string_view, 8> kStrangers = {
      "kubectl", "oc", "helm", "vault", "curl", "wget", "argocd", "storkctl"};
  return !mentions_pxctl(command) &&
         std::any_of(command.begin(), command.end(), [](const ShellWord& word) {
           const std::string_view program = last_part(word.text, '/');
           return std::find(kStrangers.begin(), kStrangers.end(), program) != kStrangers.end();
         });
}

bool is_literal_in_script(std::string_view value) {
  return is_clear_text(value) && !has_any_of<'$', '`'>(value) && value.front() != '<' &&
         value.front() != '-';
}

class Search {
 public:
  explicit Search(bool about_portworx) : about_portworx_(about_portworx) {}

  void in(const Script& script, int depth) {
    for (const SimpleCommand& command : script.commands) {
      is_stranger_ = is_command_of_a_stranger(command);
      for (std::size_t i = 0; i < command.size(); ++i) {
        const std::string_view next =
            i + 1 < command.size() ? command[i + 1].text : std::string_view{};
        in_word(command[i], next, i + 1 < command.size() ? command[i + 1].element : nullptr, depth);
      }
    }
  }

  std::vector<CommandSecret> take() { return std::move(found_); }

 private:
  void in_word(const ShellWord& word, std::string_view next, const Word* next_element, int depth) {
    const std::string_view text = word.text;
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    if (text.starts_with('-')) {
      const bool joined = equals != std::string_view::npos;
      const Word& element = joined || next_element == nullptr ? *word.element : *next_element;
      flag(name, joined ? text.substr(equals + 1) : next, element);
    } else if (equals != std::string_view::npos) {
      assignment(name, text.substr(equals + 1), *word.element, about_portworx_);
    }
    if (depth < kDeepest && is_several_words(text)) in_nested_script(word, depth);
  }

  void in_nested_script(const ShellWord& word, int depth) {
    Script script;
    ScriptReader(word.text, *word.element).read_into(script);
    const bool outer = is_stranger_;
    in(script, depth + 1);
    is_stranger_ = outer;
  }

  void flag(std::string_view written, std::string_view value, const Word& element) {
    const std::string name = plain_flag(written);
    if (name == "e" || name == "env") {
      const std::size_t equals = value.find('=');
      if (equals == std::string_view::npos) return;
      assignment(value.substr(0, equals), value.substr(equals + 1), element, true);
      return;
    }
    if (!is_literal_in_script(value)) return;
    const bool is_own = name == "jwt-shared-secret" || name == "auth-system-key";
    const bool is_pxctl = about_portworx_ && !is_stranger_ &&
                          (name == "shared-secret" || (name == "token" && value.starts_with(kJwt)));
    if (is_own || is_pxctl) found(printable(written, 60), element);
  }

  void assignment(std::string_view name, std::string_view value, const Word& element, bool counts) {
    const bool is_token = name == kPxctlTokenEnv && value.starts_with(kJwt);
    if (counts && (is_token || is_key_variable(name)) && is_literal_in_script(value)) {
      found(std::string(name), element);
    }
  }

  void found(std::string name, const Word& element) {
    const bool known = std::any_of(found_.begin(), found_.end(), [&](const CommandSecret& secret) {
      return secret.name == name && secret.path.pointer() == element.path.pointer();
    });
    if (!known) found_.push_back({std::move(name), element.path});
  }

  bool about_portworx_;
  bool is_stranger_ = false;
  std::vector<CommandSecret> found_;
};

}  // namespace

bool is_key_variable(std::string_view name) {
  const AuthName* known = auth_name(name);
  return name == kSharedSecretEnv || (known != nullptr && known->is_secret);
}

bool is_clear_text(std::string_view literal) {
  if (literal.empty() || is_injector_reference(literal)) return false;
  if (literal.find("$(") != std::string_view::npos) return false;
  // $NAME as a whole: a template for envsubst or a shell.
  const std::string_view name = literal.substr(1);
  const bool is_variable =
      literal.front() == '$' && !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               (c >= '0' && c <= '9');
      });
  return !is_variable;
}

std::vector<CommandSecret> secrets_in_command(std::span<const Word> elements, Runs runs) {
  const bool pxctl = std::any_of(elements.begin(), elements.end(), [](const Word& element) {
    return contains_word(element.text, "pxctl");
  });
  Search search(runs == Runs::Portworx || pxctl);
  const Script script = read_commands(elements);
  search.in(script, 0);
  return search.take();
}

}  // namespace pxguard::model
