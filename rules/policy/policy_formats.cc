#include "rules/policy/policy_formats.h"

#include <algorithm>

namespace pxguard::policy {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_small(c) || is_capital(c); }
bool is_small_or_digit(char c) { return is_small(c) || is_digit(c); }

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

bool has_no_blank(std::string_view text) {
  return std::none_of(text.begin(), text.end(), is_blank);
}

bool is_sentence(std::string_view text) { return !all(text, is_blank); }

bool is_kind(std::string_view text) {
  return !text.empty() && is_capital(text[0]) &&
         all(text, [](char c) { return is_letter(c) || is_digit(c); });
}

bool is_namespace(std::string_view text) {
  return !text.empty() && is_small_or_digit(text.front()) && is_small_or_digit(text.back()) &&
         all(text, [](char c) { return is_small_or_digit(c) || c == '-'; });
}

bool is_name(std::string_view text) {
  return !text.empty() && is_small_or_digit(text.front()) && is_small_or_digit(text.back()) &&
         all(text, [](char c) { return is_small_or_digit(c) || c == '-' || c == '.'; });
}

bool is_any_name(std::string_view text) { return !text.empty() && has_no_blank(text); }

bool is_secret(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_name(text);
  return is_namespace(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

bool is_user(std::string_view text) {
  return is_any_name(text) && text.find('*') == std::string_view::npos;
}

bool is_rule_word(std::string_view text) {
  return !text.empty() && is_letter(text[0]) &&
         all(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

bool is_date(std::string_view text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7 ? text[i] != '-' : !is_digit(text[i])) return false;
  }
  const std::string_view month = text.substr(5, 2);
  const std::string_view day = text.substr(8, 2);
  return text >= "2000" && text < "2200" && month >= "01" && month <= "12" && day >= "01" &&
         day <= "31";
}

}  // namespace

constinit const Format kSentence = {R"(\S)", "a sentence", is_sentence};
constinit const Format kKind = {"^[A-Z][A-Za-z0-9]*$", "a kind as in DaemonSet", is_kind};
constinit const Format kNamespace = {"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "the name of a namespace",
                                     is_namespace};
constinit const Format kName = {"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", "the name of an object",
                                is_name};
// Names of some kinds have colons and capitals; what a generated name begins with ends in -*.
constinit const Format kAnyName = {R"(^\S+$)", "the name of an object", is_any_name};
constinit const Format kSecret = {
    "^([a-z0-9]([a-z0-9-]*[a-z0-9])?/)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
    "the name of a Secret, or NAMESPACE/NAME", is_secret};
constinit const Format kUser = {R"(^[^*\s]+$)",
                                "one user, as in system:serviceaccount:portworx:stork", is_user};
constinit const Format kLabelKey = {R"(^\S+$)", "the key of a label", is_any_name};
constinit const Format kLabelValue = {R"(^\S*$)", "the value of a label", has_no_blank};
constinit const Format kRule = {"^[A-Za-z][A-Za-z0-9-]*$", "the id or the name of a rule",
                                is_rule_word};
// Beyond 2262 the clock of the standard library ends.
constinit const Format kDate = {"^2[01][0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
                                "a day before 2200 as in 2027-06-30", is_date};

}  // namespace pxguard::policy
