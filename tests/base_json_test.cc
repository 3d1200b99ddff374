#include <doctest/doctest.h>

#include <string>

#include "base/json.h"

using namespace pxguard;

namespace {

json::Document parse(std::string_view text) {
  auto document = json::Document::parse(text);
  REQUIRE(document.has_value());
  return std::move(document).value();
}

std::string error_of(std::string_view text) {
  const auto document = json::Document::parse(text);
  return document ? "no error" : document.error().message;
}

std::string nested(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') +
         std::string(static_cast<std::size_t>(levels), ']');
}

}  // namespace

TEST_CASE("what is missing or of another type reads as absent") {
  const auto document = parse(R"({"a": [1, "x"], "b": null})");
  CHECK(document.root()["c"].is_absent());
  CHECK(document.root()["a"]["x"].is_absent());
  CHECK(document.root()["a"].text().empty());
  CHECK_FALSE(document.root()["b"].is_set());
  CHECK(document.root().at("b.c.d").is_absent());
  CHECK(json::Value().size() == 0);
  CHECK(json::Value()["x"].is_absent());
}

TEST_CASE("of two equal keys the last one wins and both are listed") {
  const auto document = parse(R"({"a": 1, "b": 2, "a": 3})");
  CHECK(document.root()["a"].integer_or(0) == 3);
  CHECK(document.root().size() == 2);
  REQUIRE(document.duplicates().size() == 1);
  CHECK(document.duplicates()[0].first < document.duplicates()[0].last);
  std::string keys;
  for (const auto& [key, value, node] : document.root().members()) keys += key;
  CHECK(keys == "ba");
}

TEST_CASE("keys that differ in case are different keys") {
  const auto document = parse(R"({"Name": 1, "name": 2})");
  CHECK(document.root()["Name"].integer_or(0) == 1);
  CHECK(document.duplicates().empty());
}

TEST_CASE("an object with many keys finds each of them") {
  std::string text = "{";
  for (int i = 0; i < 5000; ++i)
    text += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  text += "\"k7\":70}";
  const auto document = parse(text);
  CHECK(document.root().size() == 5000);
  CHECK(document.root()["k4999"].integer_or(-1) == 4999);
  CHECK(document.root()["k7"].integer_or(-1) == 70);
  CHECK(document.root()["k5000"].is_absent());
}

TEST_CASE("lists under a key that is left out are checked, and read as empty") {
  const auto document = json::Document::parse(
      R"({"a": {"dull": [{"x": [1]}, 2], "b": 1}, "dull": {"c": 2}, "d": ["dull"], "dull2": [3]})",
      "dull");
  REQUIRE(document.has_value());
  const json::Value root = document->root();
  CHECK(root["a"]["dull"].is_array());
  CHECK(root["a"]["dull"].empty());
  CHECK(root["a"]["b"].integer_or(0) == 1);
  CHECK(root["dull"]["c"].integer_or(0) == 2);
  CHECK(root["d"].size() == 1);
  CHECK(root["dull2"].size() == 1);
  CHECK_FALSE(json::Document::parse(R"({"dull": [1,]})", "dull").has_value());
}

TEST_CASE("duplicates in an object with many keys are listed in the order of the text") {
  std::string text = "{";
  for (int i = 0; i < 100; ++i)
    text += "\"k" + std::to_string(i % 50) + "\":" + std::to_string(i) + ",";
  const auto document = parse(text + "\"z\":0}");
  CHECK(document.root().size() == 51);
  REQUIRE(document.duplicates().size() == 50);
  for (std::size_t i = 1; i < 50; ++i)
    CHECK(document.duplicates()[i - 1].first < document.duplicates()[i].first);
  CHECK(document.root()["k7"].integer_or(0) == 57);
}

TEST_CASE("256 levels are read and 257 are refused") {
  CHECK(json::Document::parse(nested(256)).has_value());
  CHECK(error_of(nested(257)) == "JSON is nested deeper than 256 levels");
  CHECK(error_of(nested(100'000)) == "JSON is nested deeper than 256 levels");
}

TEST_CASE("integers beyond 64 bits are read as the API server writes them") {
  const auto document = parse(
      R"({"n": 18446744073709552000, "m": -99999999999999999999, "s": "99999999999999999999"})");
  CHECK(document.root()["n"].number_or(0) == doctest::Approx(1.8446744073709552e19));
  CHECK(document.root()["m"].number_or(0) == doctest::Approx(-1e20));
  CHECK(document.root()["s"].text() == "99999999999999999999");
}

TEST_CASE("what is not JSON is refused with a reason and without its content") {
  CHECK(error_of("") == "not JSON: empty");
  CHECK(error_of("{\"secret\": tru}").starts_with("not JSON"));
  CHECK(error_of("{} {}").starts_with("not JSON"));
  CHECK(error_of("{\"a\": 1e400}") == "not JSON: a number is malformed or out of range");
  CHECK(error_of("{\"a\": \"\xff\"}") == "not UTF-8");
  CHECK(error_of("{\"hidden-value\": \"unclosed").find("hidden") == std::string::npos);
}

TEST_CASE("a NUL in a string is kept as a character") {
  const auto document = parse("{\"a\": \"x\\u0000y\"}");
  CHECK(document.root()["a"].text() == std::string_view("x\0y", 3));
}

TEST_CASE("more values than the limit are refused") {
  std::string text = "[0";
  for (std::size_t i = 0; i < limits::kJsonValues; ++i) text += ",0";
  CHECK(error_of(text + "]") == "JSON holds more than 8388608 values");
}

TEST_CASE("a pointer finds its value, and the nearest place where there is none") {
  const auto document = parse(R"({"a/b": {"m~n": [10, {"x": 1}]}})");
  const auto value = document.root().find("/a~1b/m~0n/1/x");
  CHECK(value.integer_or(0) == 1);
  CHECK(document.pointer_of(value.node()) == "/a~1b/m~0n/1/x");
  CHECK(document.root().find("/a~1b/m~0n/2").is_absent());
  CHECK(document.root().find("/a~1b/m~0n/01").is_absent());
  CHECK(document.root().find("a").is_absent());
  CHECK(document.root().nearest("/a~1b/m~0n/7/x").is_array());
}

TEST_CASE("an integer that fits 64 bits keeps its last digit beside one that does not") {
  const auto document = parse(R"([9223372036854775807, 18446744073709551616])");
  CHECK(document.root().find("/0").integer_or(0) == 9223372036854775807);
}
