#include "rules/model/arguments.h"

#include <algorithm>

#include "base/text.h"

namespace pxguard::model {
namespace {

// Flags of px-runc that take a value whatever it looks like (px-runc reference of the Portworx
// documentation). For flags that are not here, a word that begins with a dash is the next flag.
constexpr std::string_view kFlagsWithValue[] = {"-c",
                                                "-d",
                                                "-m",
                                                "-s",
                                                "-j",
                                                "-k",
                                                "-x",
                                                "-e",
                                                "-v",
                                                "-r",
                                                "-T",
                                                "-rt_opts",
                                                "-secret_type",
                                                "-cluster_domain",
                                                "-metadata",
                                                "-kvdb_dev",
                                                "-cluster_secret_key",
                                                "-userpwd",
                                                "-acltoken"};

// The name without dashes, case and separators: what the author meant.
std::string plain_name(std::string_view flag) {
  std::string name;
  for (const char c : lower(flag)) {
    if (c != '-' && c != '_') name += c;
  }
  return name;
}

std::optional<AuthKey> auth_key(std::string_view flag) {
  const std::string name = plain_name(flag);
  if (name == "jwtecdsapubkeyfile" || name == "jwtecdsapubkey" || name == "jwtecdspubkey") {
    return AuthKey::EcdsPublicKey;
  }
  if (name == "jwtrsapubkey") return AuthKey::RsaPublicKey;
  for (const AuthName& known : kAuthNames) {
    if (!known.argument.empty() && plain_name(known.argument) == name) return known.key;
  }
  return std::nullopt;
}

bool takes_any_value(std::string_view flag) {
  return std::find(std::begin(kFlagsWithValue), std::end(kFlagsWithValue), flag) !=
         std::end(kFlagsWithValue);
}

struct Piece {
  std::string text;
  const Word* element;
  bool shared;  // the element holds other words as well
};

std::vector<Piece> take_apart(const std::vector<Word>& elements) {
  std::vector<Piece> pieces;
  for (const Word& element : elements) {
    const bool is_line =
        element.text.starts_with('-') && element.text.find_first_of(" \t\n") != std::string::npos;
    const auto words = is_line ? shell_words(element.text) : std::nullopt;
    if (!words) {
      pieces.push_back({element.text, &element, false});
      continue;
    }
    for (const std::string& word : *words) pieces.push_back({word, &element, words->size() > 1});
  }
  return pieces;
}

bool is_flag(std::string_view text) { return text.size() > 1 && text.front() == '-'; }

Argument read_flag(const Piece& piece) {
  Argument argument;
  const std::size_t equals = piece.text.find('=');
  argument.flag = piece.text.substr(0, equals);
  argument.key = auth_key(argument.flag);
  argument.path = argument.value_path = piece.element->path;
  argument.is_documented = !argument.key || (!piece.shared && equals == std::string::npos &&
                                             argument.flag == auth_name(*argument.key).argument);
  if (equals != std::string::npos) {
    argument.value = piece.text.substr(equals + 1);
    argument.has_value = !argument.value.empty();
  }
  return argument;
}

}  // namespace

std::vector<Argument> read_arguments(const std::vector<Word>& elements) {
  std::vector<Argument> arguments;
  const std::vector<Piece> pieces = take_apart(elements);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!is_flag(pieces[i].text)) continue;
    Argument argument = read_flag(pieces[i]);
    const bool wants_value = pieces[i].text.find('=') == std::string::npos &&
                             i + 1 < pieces.size() &&
                             (takes_any_value(argument.flag) || !is_flag(pieces[i + 1].text));
    if (wants_value) {
      const Piece& value = pieces[++i];
      argument.has_value = true;
      argument.value = value.text;
      argument.value_path = value.element->path;
    }
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

std::optional<std::vector<Argument>> read_misc_args(std::string_view line) {
  auto words = shell_words(line);
  if (!words) return std::nullopt;
  const FieldPath path = FieldPath{"metadata", "annotations"}.key(kMiscArgs);
  std::vector<Word> elements;
  for (std::string& word : *words) elements.push_back({std::move(word), path});
  return read_arguments(elements);
}

}  // namespace pxguard::model
