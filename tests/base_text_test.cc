#include <doctest/doctest.h>

#include <array>
#include <string>
#include <type_traits>

#include "base/base64.h"
#include "base/secret_value.h"
#include "base/text.h"

#include <fmt/format.h>

using namespace pxguard;

namespace {
template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
}  // namespace

TEST_CASE("a secret cannot be copied, streamed or formatted") {
  static_assert(!std::is_copy_constructible_v<SecretValue>);
  static_assert(!std::is_convertible_v<SecretValue, std::string>);
  static_assert(!fmt::is_formattable<SecretValue>::value);
  static_assert(!Streamable<SecretValue>);
  CHECK(SecretValue("same").same_as(SecretValue("same")));
  CHECK_FALSE(SecretValue("same").same_as(SecretValue("sane")));
  CHECK_FALSE(SecretValue("same").same_as(SecretValue("same ")));
}

TEST_CASE("equal secrets have equal digests and others have not") {
  CHECK(keyed_digest("a") == keyed_digest("a"));
  CHECK(keyed_digest("a") != keyed_digest("b"));
}

TEST_CASE("names that a stranger chose become printable and bounded") {
  CHECK(printable("a\nb\x1b[31m\xc3\xa9", 80) == "a?b?[31m??");
  CHECK(printable("abcdefghij", 8) == "abcde...");
}

TEST_CASE("words are split as a shell would, and an open quote is no line") {
  CHECK(shell_words("-a 'b c' \"d \\\" e\" f\\ g")->size() == 4);
  CHECK(shell_words("-a 'b c'")->at(1) == "b c");
  CHECK(shell_words("x=''")->at(0) == "x=");
  CHECK_FALSE(shell_words("-c 'px").has_value());
  CHECK_FALSE(shell_words("x \\").has_value());
}

TEST_CASE("a misspelt word is recognised and a stranger is not") {
  constexpr std::array<std::string_view, 2> kWords = {"system-key-missing", "apps-key-missing"};
  CHECK(did_you_mean("system-key-misssing", kWords) == "system-key-missing");
  CHECK_FALSE(did_you_mean("guest-access", kWords).has_value());
  CHECK(edit_distance("abcd", "abdc", 2) == 1);
  CHECK(edit_distance("abcd", "wxyz", 2) == 3);
}

TEST_CASE("base64 is read strictly") {
  CHECK(base64_decode("aGVsbG8=") == "hello");
  CHECK(base64_decode("aGVs\nbG8=\n") == "hello");
  CHECK(base64_decode("") == "");
  CHECK_FALSE(base64_decode("aGVsbG8").has_value());
  CHECK_FALSE(base64_decode("a===").has_value());
  CHECK_FALSE(base64_decode("aGVs=bG8").has_value());
  CHECK_FALSE(base64_decode("aGVsbG8=aGVs").has_value());
  CHECK_FALSE(base64_decode("<key>").has_value());
  for (const std::string text : {"", "a", "ab", "abc", "abcd"})
    CHECK(base64_decode(base64_encode(text)) == text);
}
