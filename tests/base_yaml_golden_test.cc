// yaml::read against the answers of kubectl's own reader. tests/golden/yaml has the program that
// makes them; compare.sh there makes them again and compares whole folders.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "base/json.h"
#include "base/json_text.h"
#include "base/yaml.h"
#include "base/yaml_number.h"

namespace pxguard {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(PXGUARD_SOURCE_DIR) / "tests/golden/yaml";
constexpr std::string_view kError = "error";

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string canonical(json::Value value);

std::string canonical_object(json::Value object) {
  std::map<std::string, std::string> members;
  for (const auto& member : object.members()) {
    members[std::string(member.key)] = canonical(member.value);
  }
  std::string text;
  for (const auto& [key, member] : members) {
    text += (text.empty() ? "" : ",") + json::quote(key) + ":" + member;
  }
  return "{" + text + "}";
}

std::string canonical_array(json::Value array) {
  std::string text;
  for (const json::Value element : array.elements()) {
    text += (text.empty() ? "" : ",") + canonical(element);
  }
  return "[" + text + "]";
}

// Sorted keys, the last of two equal ones, numbers as Go writes them.
std::string canonical(json::Value value) {
  switch (value.kind()) {
    case json::Kind::Null: return "null";
    case json::Kind::Boolean: return value.boolean_or(false) ? "true" : "false";
    case json::Kind::Integer: return std::to_string(value.integer_or(0));
    case json::Kind::Number: return yaml::to_json(value.number_or(std::nan(""))).value_or("");
    case json::Kind::String: return json::quote(value.text());
    case json::Kind::Array: return canonical_array(value);
    case json::Kind::Object: return canonical_object(value);
  }
  return "";
}

std::string answer(const yaml::Document& document) {
  if (document.error) return std::string(kError);
  const auto parsed = json::Document::parse(document.json);
  REQUIRE(parsed.has_value());
  CHECK(parsed->nodes() == document.marks.size());
  return canonical(parsed->root());
}

std::vector<std::string> answers(std::string_view text) {
  std::vector<std::string> found;
  for (const yaml::Document& document : yaml::read(text)) found.push_back(answer(document));
  return found;
}

// As the golden program has it: one document, or it is an error.
std::string only_answer(std::string_view text) {
  const std::vector<std::string> found = answers(text);
  return found.size() == 1 ? found[0] : std::string(kError);
}

struct Comparison {
  int files = 0;
  int documents = 0;
  int beyond_limits = 0;  // kubectl has none
  int differences = 0;
};

using Answers = std::map<std::string, std::vector<std::string>>;

// Lines of "= file", each followed by the answers of the file's documents.
Answers read_answers(std::istream& golden) {
  Answers answers_of;
  std::string file;
  for (std::string line; std::getline(golden, line);) {
    const bool is_name = line.starts_with("= ");
    if (is_name) file = line.substr(2);
    std::vector<std::string>& lines = answers_of[file];
    if (!is_name) lines.push_back(line);
  }
  return answers_of;
}

void compare_file(const std::string& text, const std::vector<std::string>& expected,
                  Comparison& result) {
  const std::vector<yaml::Document> documents = yaml::read(text);
  ++result.files;
  result.documents += static_cast<int>(expected.size());
  if (documents.size() != expected.size()) ++result.differences;
  CHECK(documents.size() == expected.size());
  for (std::size_t i = 0; i < std::min(documents.size(), expected.size()); ++i) {
    CAPTURE(i);
    const auto& error = documents[i].error;
    const bool is_beyond = error && error->code == Error::Code::TooLarge && expected[i] != kError;
    if (is_beyond) ++result.beyond_limits;
    const std::string found = is_beyond ? expected[i] : answer(documents[i]);
    if (found != expected[i]) ++result.differences;
    CHECK(found == expected[i]);
  }
}

Comparison compare(std::istream& golden, const fs::path& folder) {
  Comparison result;
  for (const auto& entry : read_answers(golden)) {
    CAPTURE(entry.first);
    compare_file(read_file(folder / entry.first), entry.second, result);
  }
  return result;
}

}  // namespace

TEST_CASE("two thousand scalars are read as kubectl reads them, as values and as keys") {
  std::ifstream golden(kGolden / "scalars.jsonl");
  int count = 0;
  for (std::string line; std::getline(golden, line); ++count) {
    const auto parsed = json::Document::parse(line);
    REQUIRE(parsed.has_value());
    std::vector<std::string> fields;
    for (const json::Value field : parsed->root().elements()) fields.emplace_back(field.text());
    REQUIRE(fields.size() == 3);
    CAPTURE(fields[0]);
    CHECK(only_answer("v: " + fields[0] + "\n") == fields[1]);
    CHECK(only_answer("? " + fields[0] + "\n: 1\n") == fields[2]);
  }
  CHECK(count == 2000);
}

TEST_CASE("odd and hostile files are read as kubectl reads them") {
  std::ifstream golden(kGolden / "cases.golden");
  const Comparison result = compare(golden, kGolden / "cases");
  CHECK(result.files >= 40);
  CHECK(result.differences == 0);
}

// PXGUARD_CORPUS is a folder, PXGUARD_YAML_GOLDEN the file of answers about it.
TEST_CASE("a folder named by the environment is read as kubectl reads it" *
          doctest::skip(std::getenv("PXGUARD_CORPUS") == nullptr)) {
  const char* const answers_file = std::getenv("PXGUARD_YAML_GOLDEN");
  REQUIRE(answers_file != nullptr);
  std::ifstream golden(answers_file);
  const Comparison result = compare(golden, std::getenv("PXGUARD_CORPUS"));
  MESSAGE(result.files, " files, ", result.documents, " documents, ", result.beyond_limits,
          " beyond a limit of pxguard, ", result.differences, " differences");
  CHECK(result.files > 0);
  CHECK(result.differences == 0);
}

}  // namespace pxguard
