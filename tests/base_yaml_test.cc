#include "base/yaml.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/yaml_number.h"

namespace pxguard {
namespace {

using yaml::Document;

Document only(std::string_view text) {
  std::vector<Document> documents = yaml::read(text);
  REQUIRE(documents.size() == 1);
  return documents[0];
}

std::string json_of(std::string_view text) { return only(text).json; }

Error error_of(std::string_view text) {
  const Document document = only(text);
  REQUIRE(document.error.has_value());
  CHECK(document.json.empty());
  CHECK(document.marks.empty());
  return *document.error;
}

// "line:column" of every node.
std::string marks_of(std::string_view text) {
  std::string marks;
  for (const yaml::Mark mark : only(text).marks) {
    marks += (marks.empty() ? "" : " ") + std::to_string(mark.line) + ":";
    marks += std::to_string(mark.column);
  }
  return marks;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

TEST_CASE("a file of more documents than the limit is read up to it, and the rest is an error") {
  std::string text;
  for (std::size_t i = 0; i <= limits::kYamlDocuments + 5; ++i) text += "a: 1\n---\n";
  const auto documents = yaml::read(text);
  REQUIRE(documents.size() == limits::kYamlDocuments + 1);
  CHECK(documents.back().error->message == "the file holds more than 100000 documents");
}

}  // namespace

TEST_CASE("a yes is true, as kubectl reads it, and a quoted one is a string") {
  CHECK(json_of("a: yes\nb: 'yes'\n") == R"({"a":true,"b":"yes"})");
}

TEST_CASE("a key y becomes true") { CHECK(json_of("y: 1\n") == R"({"true":1})"); }

TEST_CASE("numbers keep their value and get the form of JSON") {
  CHECK(json_of("[0777, 0o777, 0x1f, 1_000, 1e3, +1, 1.50]") == "[511,511,31,1000,1000,1,1.5]");
  CHECK(json_of("- 18446744073709551615\n- 1e21\n- 1e-7\n") == "[18446744073709551615,1e+21,1e-7]");
}

TEST_CASE("floats are written as Go writes them") {
  CHECK(yaml::to_json(123456789012345678901.0) == "123456789012345680000");
  CHECK(yaml::to_json(0.000001) == "0.000001");
  CHECK(yaml::to_json(5e-324) == "5e-324");
  CHECK(yaml::to_key(16777217.0) == "1.6777216e+07");
  CHECK(yaml::to_key(0.00001) == "1e-05");
}

TEST_CASE("a time of day is a string") { CHECK(json_of("a: 1:30\n") == R"({"a":"1:30"})"); }

TEST_CASE("documents stand between lines of ---, empty ones are left out") {
  const auto documents = yaml::read("# only this\n---\na: 1\n---\n# nothing\n---\n---\nb: 2\n");
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].json == R"({"a":1})");
  CHECK(documents[0].line == 3);
  CHECK(documents[1].json == R"({"b":2})");
  CHECK(documents[1].line == 8);
}

TEST_CASE("an empty file has no documents") {
  for (const std::string_view text :
       {"", "\n\n", "# a comment", "---", "---\n---\n", "null", "~"}) {
    CAPTURE(text);
    CHECK(yaml::read(text).empty());
  }
}

TEST_CASE("a document that cannot be read does not stop the ones after it") {
  const auto documents = yaml::read("a: 1\n---\nb: [\n---\nc: 3\n");
  REQUIRE(documents.size() == 3);
  CHECK(documents[1].error.has_value());
  CHECK(documents[1].line == 3);
  CHECK(documents[2].json == R"({"c":3})");
}

TEST_CASE("every node has the place where it stands, keys included") {
  CHECK(marks_of("a: 1\nb:\n  - x\n  - c: y\n") == "1:1 1:1 1:4 2:1 3:3 3:5 4:5 4:5 4:8");
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(marks_of("é: {日: 1, b: 2}\n") == "1:1 1:1 1:4 1:5 1:8 1:11 1:14");
  CHECK(marks_of("{\"é\": 1, \"b\": 2}") == "1:1 1:2 1:7 1:10 1:15");
}

TEST_CASE("lines count from the beginning of the file") {
  const auto documents = yaml::read("a: 1\r\n---\r\nb: 2\r\n");
  REQUIRE(documents.size() == 2);
  CHECK(documents[1].marks.front().line == 3);
}

TEST_CASE("what came through an alias has the place of the alias") {
  CHECK(json_of("a: &x {k: [1]}\nb: *x\n") == R"({"a":{"k":[1]},"b":{"k":[1]}})");
  CHECK(marks_of("a: &x {k: [1]}\nb: *x\n") == "1:1 1:1 1:4 1:8 1:11 1:12 2:1 2:4 2:4 2:4 2:4");
}

TEST_CASE("what was merged has the place of the <<") {
  constexpr std::string_view kText = "a: &x {k: 1}\nb:\n  <<: *x\n  l: 2\n";
  CHECK(json_of(kText) == R"({"a":{"k":1},"b":{"k":1,"l":2}})");
  CHECK(marks_of(kText) == "1:1 1:1 1:4 1:8 1:11 2:1 3:3 3:3 3:3 4:3 4:6");
}

TEST_CASE("a key after a merge overrides it without being a duplicate") {
  CHECK(json_of("a: &x {k: 1, l: 1}\nb:\n  <<: *x\n  k: 2\n") ==
        R"({"a":{"k":1,"l":1},"b":{"l":1,"k":2}})");
}

TEST_CASE("a key before a merge loses, as with kubectl, and both are shown") {
  CHECK(json_of("a: &x {k: 1}\nb:\n  k: 2\n  <<: *x\n") == R"({"a":{"k":1},"b":{"k":2,"k":1}})");
}

TEST_CASE("of a list of merges the first one wins") {
  CHECK(json_of("- &x {k: 1}\n- &y {k: 2, l: 2}\n- <<: [*x, *y]\n") ==
        R"([{"k":1},{"k":2,"l":2},{"l":2,"k":1}])");
}

TEST_CASE("duplicate keys are kept in order, with their places") {
  CHECK(json_of("a: 1\nb: 2\na: 3\n") == R"({"a":1,"b":2,"a":3})");
  CHECK(marks_of("a: 1\nb: 2\na: 3\n") == "1:1 1:1 1:4 2:1 2:4 3:1 3:4");
}

TEST_CASE("JSON stays as it is and may be a stream") {
  const auto documents = yaml::read("{\"a\": 1.0}\n {\"b\":[]}");
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].json == R"({"a": 1.0})");
  CHECK(documents[1].json == R"({"b":[]})");
  CHECK(documents[1].line == 2);
  CHECK(documents[1].marks.front().column == 2);
}

TEST_CASE("JSON may go on as YAML") {
  const auto documents = yaml::read("{\"a\": 1}\n---\nb: yes\n");
  REQUIRE(documents.size() == 2);
  CHECK(documents[1].json == R"({"b":true})");
  CHECK(documents[1].line == 3);
}

TEST_CASE("braces without quotes are YAML") {
  CHECK(json_of("{a: b, c: [d]}") == R"({"a":"b","c":["d"]})");
}

TEST_CASE("an escaped apostrophe in double quotes is an apostrophe, as kubectl reads it") {
  CHECK(json_of("é: \"x\\'y\\\\'\\'\"\nb: 'c\\'\n") == R"({"é":"x'y\\''","b":"c\\"})");
  CHECK(error_of("a: \"\\'\\q\"\n").line == 1);
}

TEST_CASE("errors name the line and what to do, never the text") {
  struct Row {
    std::string_view text;
    int line;
    std::string_view part;
  };
  const std::vector<Row> rows = {
      {"a: 1\nb:\n\tc: secret\n", 3, "tab"},
      {"a: 1\nb: \"secret\nc: 1\n", 2, "not closed"},
      {"a:\n  b: secret: x\n", 2, "quotes"},
      {"a: 1\n b: secret\n", 2, "indentation"},
      {"a: *secret\n", 1, "anchor"},
      {"a: &secret\n  - *secret\n", 2, "inside its own anchor"},
      {"a: 1\nb: {{ .Values.secret }}\n", 2, "helm template"},
      {"{{- if .Values.secret }}\na: 1\n{{- end }}\n", 1, "helm template"},
      {"{{ include \"secret\" . }}\n", 1, "helm template"},
      {std::string_view("a: 1\nb: \0secret\n", 16), 2, "NUL"},
      {"a: 1\nb: \xffsecret\n", 2, "UTF-8"},
      {"a: [secret\nb: 1\n", 2, "]"},
      {"a: .inf\n", 1, "not a number"},
      {"a: 1\n<<: secret\n", 2, "<<"},
      {"? [secret]\n: 1\n", 1, "key"},
      {"a: !!int secret\n", 1, "!!"},
      {"%YAML 1.1\n", 1, "%"},
      {"--- secret\n", 1, "---"},
      {"a: @secret\n", 1, "quotes"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Error error = error_of(row.text);
    CHECK(error.line == row.line);
    CHECK(error.message.find(row.part) != std::string::npos);
    CHECK(error.message.find("secret") == std::string::npos);
  }
}

TEST_CASE("nesting ends at the depth that base/json takes") {
  const std::size_t depth = limits::kDepth - 1;
  for (const std::string& text :
       {repeat("[", depth) + "1" + repeat("]", depth), repeat("- ", depth) + "1"}) {
    const Document document = only(text);
    REQUIRE_FALSE(document.error.has_value());
    CHECK(json::Document::parse(document.json).has_value());
  }
  CHECK(error_of(repeat("- ", depth + 1) + "1").code == Error::Code::TooLarge);
  CHECK(error_of(repeat("[", depth + 1) + "1" + repeat("]", depth + 1)).code ==
        Error::Code::TooLarge);
}

TEST_CASE("an alias bomb is an error, whatever it is made of") {
  std::string laughs = "- &a0 [x, x, x, x]\n";
  std::string empty_merges = "- &a0 {}\n";
  for (int i = 1; i < 40; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "- &" + name + " [" + before + ", " + before + "]\n";
    empty_merges += "- &" + name + " {<<: [" + before + ", " + before + "]}\n";
  }
  const std::string long_text = "- &a " + repeat("x", 1 << 20) + "\n" + repeat("- *a\n", 100);
  for (const std::string& text : {laughs, empty_merges, long_text}) {
    CHECK(error_of(text).code == Error::Code::TooLarge);
  }
}

TEST_CASE("aliases are counted over the whole file") {
  const std::string text = "a: &a [" + repeat("x, ", 999) + "]\nb: [" + repeat("*a, ", 60) + "]\n";
  const auto documents = yaml::read(text + "---\n" + text + "---\nc: 1\n");
  REQUIRE(documents.size() == 3);
  CHECK_FALSE(documents[0].error.has_value());
  CHECK(documents[1].error.has_value());
  CHECK_FALSE(documents[2].error.has_value());
}

TEST_CASE("a document over the limit is an error, the ones around it are read") {
  const std::string big = "b: " + repeat("x", limits::kYamlDocument) + "\n";
  const auto documents = yaml::read("a: 1\n---\n" + big + "---\nc: 3\n");
  REQUIRE(documents.size() == 3);
  REQUIRE(documents[1].error.has_value());
  CHECK(documents[1].error->code == Error::Code::TooLarge);
  CHECK(documents[1].error->line == 3);
  CHECK(documents[2].json == R"({"c":3})");
}

TEST_CASE("a file over the limit is one error") {
  CHECK(error_of(std::string(limits::kYamlFile + 1, '\n')).code == Error::Code::TooLarge);
}

TEST_CASE("a hundred thousand escaped apostrophes are no work without end") {
  CHECK(only(repeat("- \"\\'\"\n", 100'000)).error.has_value());
}

TEST_CASE("a million directives cost no time") {
  CHECK(error_of("# a\xc2\x85" + repeat("%TAG !a! x\n", 1'000'000)).line == 1);
}

}  // namespace pxguard
