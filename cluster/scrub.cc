#include "cluster/scrub.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "rules/model/blind.h"
#include "rules/model/portworx_names.h"
#include "rules/model/pxctl.h"
#include "rules/model/setting.h"

namespace pxguard::cluster {
namespace {

// Every JWT begins so: {" in base64url.
constexpr std::string_view kJwt = "eyJ";
constexpr std::string_view kBlindToken = "eyJ-pxguard-blind";
constexpr std::string_view kBlindReference = "$(pxguard-blind)";
constexpr std::string_view kBetweenWords = " \t\r\n;|&(){}[],";

bool is_private_key(std::string_view text) {
  return text.find("PRIVATE KEY") != std::string_view::npos;
}

// "-jwt_shared_secret", "--jwt-shared-secret": the same to whoever wrote them.
std::string plain_flag(std::string_view flag) {
  std::string name = lower(flag);
  std::replace(name.begin(), name.end(), '_', '-');
  name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
  return name;
}

bool is_secret_flag(std::string_view flag) {
  constexpr std::array<std::string_view, 10> kFlags = {
      "jwt-shared-secret", "auth-system-key",    "shared-secret", "token",  "auth-token",
      "userpwd",           "cluster-secret-key", "acltoken",      "secret", "password"};
  return std::find(kFlags.begin(), kFlags.end(), plain_flag(flag)) != kFlags.end();
}

bool is_public_variable(std::string_view name) {
  const model::AuthName* known = model::auth_name(name);
  return (known != nullptr && !known->is_secret) || name == model::kStorkIssuerEnv ||
         name == model::kPxNamespaceEnv;
}

// Names of variables of strangers tell what they hold.
bool is_secret_variable(std::string_view name) {
  if (model::is_key_variable(name) || name == model::kPxctlTokenEnv) return true;
  if (is_public_variable(name)) return false;
  constexpr std::array<std::string_view, 5> kParts = {"secret", "token", "passw", "key", "credent"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [name](std::string_view part) { return contains_in_any_case(name, part); });
}

// What stands for a value: a token stays one by its look.
std::string hidden(std::string_view value) {
  if (value.empty()) return {};
  if (value.starts_with(kJwt)) return std::string(kBlindToken);
  if (model::is_clear_text(value) && !has_any_of<'$', '`'>(value) && value.front() != '<')
    return model::blind(value);
  // A reference alone is none; of a secret with one inside only that stays.
  const bool is_reference = !model::is_clear_text(value) || value.starts_with('$') ||
                            value.starts_with('`') || value.starts_with('<');
  return is_reference ? std::string(value) : std::string(kBlindReference);
}

// A token in the middle of anything.
std::string without_tokens(std::string_view text) {
  std::string result;
  while (true) {
    const std::size_t at = text.find(kJwt);
    if (at == std::string_view::npos) return result.append(text);
    result.append(text.substr(0, at)).append(kBlindToken);
    text.remove_prefix(at);
    const auto is_token = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == '.';
    };
    const auto* end = std::find_if_not(text.begin(), text.end(), is_token);
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  }
}

}  // namespace

bool is_secret_field(std::string_view key) {
  constexpr std::array<std::string_view, 9> kEnds = {"password",   "passwd",    "accesskey",
                                                     "accountkey", "secretkey", "privatekey",
                                                     "token",      "key-data",  "encryptionkey"};
  const std::string name = lower(key);
  return std::any_of(kEnds.begin(), kEnds.end(),
                     [&name](std::string_view end) { return name.ends_with(end); });
}

std::string scrubbed_text(std::string_view text) {
  if (is_private_key(text)) return model::blind(text);
  return text.find(kJwt) == std::string_view::npos ? std::string(text) : without_tokens(text);
}

std::string scrubbed_literal(std::string_view name, std::string_view literal) {
  constexpr std::size_t kSwitch = 5;  // true, false, a small number: whose secret would that be
  if (is_public_variable(name)) return scrubbed_text(literal);
  if (literal.empty() || model::is_injector_reference(literal)) return std::string(literal);
  if (literal.find("$(") != std::string_view::npos) {
    const bool is_alone = literal.starts_with("$(") && literal.find(')') == literal.size() - 1;
    return is_alone ? std::string(literal) : "_" + std::string(kBlindReference);
  }
  if (!model::is_clear_text(literal)) return std::string(literal);
  if (literal.size() <= kSwitch && !is_secret_variable(name)) return std::string(literal);
  if (name == model::kPxctlTokenEnv && literal.starts_with(kJwt)) return std::string(kBlindToken);
  return model::blind(literal);
}

std::string scrubbed_pair_token(std::string_view token) {
  constexpr std::size_t kHexLength = 128;
  const bool is_hex = std::all_of(token.begin(), token.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (token.size() == kHexLength && is_hex) return std::string(kHexLength, '0');
  // Claims are no secret; without its signature nobody takes the token.
  const auto parts = split(token, '.');
  if (token.starts_with(kJwt) && parts.size() == 3)
    return std::string(parts[0]).append(1, '.').append(parts[1]).append(".AAAA");
  return model::blind(token);
}

std::string CommandScrubber::scrub(std::string_view element) {
  const Next expected = next_;
  next_ = Next::Anything;
  if (expected == Next::Secret && !element.starts_with('-')) return hidden(element);
  const std::size_t equals = element.find('=');
  if (expected == Next::Assignment && equals != std::string_view::npos) {
    const std::string_view name = element.substr(0, equals);
    const std::string_view value = element.substr(equals + 1);
    if (is_secret_variable(name)) return std::string(name) + '=' + hidden(value);
  }
  const bool is_script = has_any_of<' ', '\t', '\r', '\n', ';'>(element);
  std::string text = is_script ? scrub_script(element) : scrub_word(element);
  // What the script ends with does not go on in the next element.
  if (is_script && !element.starts_with('-')) next_ = Next::Anything;
  return text;
}

// Word by word; what stands between them stays. A quoted value is one word.
std::string CommandScrubber::scrub_script(std::string_view text) {
  std::string result;
  next_ = Next::Anything;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find_first_not_of(kBetweenWords), text.size());
    result.append(text.substr(0, begin));
    text.remove_prefix(begin);
    std::size_t end = 0;
    while (end < text.size() && kBetweenWords.find(text[end]) == std::string_view::npos) {
      const char quote = text[end];
      const std::size_t close = quote == '"' || quote == '\'' ? text.find(quote, end + 1) : end;
      end = close == std::string_view::npos ? end + 1 : close + 1;
    }
    const Next expected = next_;
    next_ = Next::Anything;
    const std::string_view word = text.substr(0, end);
    const bool is_value = expected == Next::Secret && !word.empty() && !word.starts_with('-');
    const bool is_quoted = end >= 2 && (word.front() == '"' || word.front() == '\'') &&
                           word.find(word.front(), 1) == end - 1;
    if (is_quoted) {
      const std::string_view inner = word.substr(1, end - 2);
      result += word.front();
      if (is_value) {
        result += hidden(inner);
      } else if (expected == Next::Assignment || !has_any_of<' ', '\t', '\n', ';'>(inner)) {
        result += scrub_word(inner);
      } else {
        result += CommandScrubber().scrub(inner);
      }
      result += word.back();
    } else if (is_value) {
      result += hidden(word);
    } else {
      result += scrub_word(word);
    }
    text.remove_prefix(end);
  }
  return result;
}

std::string CommandScrubber::scrub_word(std::string_view word) {
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const bool is_flag = word.starts_with('-');
  if (equals == std::string_view::npos) {
    const std::string flag = is_flag ? plain_flag(name) : std::string();
    if (is_flag && is_secret_flag(name)) next_ = Next::Secret;
    if (flag == "e" || flag == "env") next_ = Next::Assignment;
    return scrubbed_text(word);
  }
  std::string_view value = word.substr(equals + 1);
  const std::string_view plain_name = last_part(last_part(name, '"'), '\'');
  const bool is_secret = is_flag ? is_secret_flag(name) : is_secret_variable(plain_name);
  if (!is_secret) return std::string(name) + '=' + scrubbed_text(value);
  std::string_view quote;
  if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
    quote = value.substr(0, 1);
    value.remove_prefix(1);
  }
  const std::size_t end = std::min(value.find_first_of("\"'"), value.size());
  return std::string(name) + '=' + std::string(quote) + hidden(value.substr(0, end)) +
         std::string(value.substr(end).substr(0, 1));
}

}  // namespace pxguard::cluster
