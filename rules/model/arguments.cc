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

// The same but for dashes, underscores and case: what the author meant.
bool is_meant(std::string_view written, std::string_view name) {
  const auto skip = [](std::string_view text) {
    return text.substr(std::min(text.find_first_not_of("-_"), text.size()));
  };
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  while (true) {
    written = skip(written);
    name = skip(name);
    if (written.empty() || name.empty()) return written.empty() && name.empty();
    if (small(written.front()) != name.front()) return false;
    written.remove_prefix(1);
    name.remove_prefix(1);
  }
}

// Most flags are others, and each would be compared with all names.
constexpr std::string_view kFirstLetters = "ajuo";
static_assert(std::all_of(kAuthNames.begin(), kAuthNames.end(), [](const AuthName& name) {
  return name.argument.empty() || kFirstLetters.find(name.argument[1]) != std::string_view::npos;
}));

std::optional<AuthKey> auth_key(std::string_view flag) {
  const std::size_t letter = std::min(flag.find_first_not_of("-_"), flag.size());
  const std::string_view first = flag.substr(letter, 1);
  if (!has_any_of<'a', 'A', 'j', 'J', 'u', 'U', 'o', 'O'>(first)) return std::nullopt;
  for (const std::string_view other :
       {"jwt_ecdsa_pubkey_file", "jwt_ecdsa_pubkey", "jwt_ecds_pubkey"}) {
    if (is_meant(flag, other)) return AuthKey::EcdsPublicKey;
  }
  if (is_meant(flag, "jwt_rsa_pubkey")) return AuthKey::RsaPublicKey;
  for (const AuthName& known : kAuthNames) {
    if (!known.argument.empty() && is_meant(flag, known.argument)) return known.key;
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

std::vector<Piece> take_apart(std::span<const Word> elements) {
  std::vector<Piece> pieces;
  for (const Word& element : elements) {
    const bool is_line = element.text.starts_with('-') && has_any_of<' ', '\t', '\n'>(element.text);
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

std::vector<Argument> read_arguments(std::span<const Word> elements) {
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
