#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "rules/json_patch.h"
#include "rules/patch_tree.h"
#include "tests/support/examples.h"

namespace pxguard::rules {
namespace {

using model::FieldPath;

json::Document document(std::string_view text) { return json::Document::parse(text).value(); }

std::string composed(const std::vector<Edit>& edits, std::string_view object) {
  const json::Document parsed = document(object);
  const auto patch = compose(edits, parsed.root());
  return patch ? to_json(*patch) : patch.error().message;
}

std::string applied(std::string_view patch, std::string_view object) {
  const json::Document parsed = document(object);
  const auto ops = parse_patch(patch);
  if (!ops) return ops.error().message;
  const auto result = apply_patch(*ops, parsed.root());
  return result ? *result : result.error().message;
}

TEST_CASE("names with slashes and tildes are escaped, and lead to their place") {
  const FieldPath annotations{"metadata", "annotations"};
  const auto patch = composed({Edit::add(annotations.key("a/b~c"), std::string_view("x"))},
                              R"({"metadata":{"annotations":{"z":"y"}}})");
  CHECK(patch == R"([{"op":"add","path":"/metadata/annotations/a~1b~0c","value":"x"}])");
  CHECK(applied(patch, R"({"metadata":{"annotations":{"z":"y"}}})") ==
        R"({"metadata":{"annotations":{"a/b~c":"x","z":"y"}}})");
}

TEST_CASE("maps and lists that are missing on the way come in the same operation") {
  const FieldPath at{"spec", "security", "auth", "guestAccess"};
  CHECK(composed({Edit::add(at, std::string_view("Managed"))}, R"({"spec":{}})") ==
        R"([{"op":"add","path":"/spec/security","value":{"auth":{"guestAccess":"Managed"}}}])");
  CHECK(composed({Edit::append(FieldPath{"spec", "env"}, "A", "1"),
                  Edit::append(FieldPath{"spec", "env"}, "B", "2")},
                 R"({"spec":{"env":null}})") ==
        R"([{"op":"add","path":"/spec/env","value":[{"name":"A","value":"1"}]},)"
        R"({"op":"add","path":"/spec/env/-","value":{"name":"B","value":"2"}}])");
}

TEST_CASE("lists are changed from behind, so that no position moves before its turn") {
  const std::string object = R"({"args":["a","b","c","d"]})";
  const FieldPath args{"args"};
  const auto patch = composed({Edit::remove(args.element(1)), Edit::insert(args.element(3), "x"),
                               Edit::replace(args.element(0), std::string_view("A"))},
                              object);
  CHECK(applied(patch, object) == R"({"args":["A","c","x","d"]})");
}

TEST_CASE("a change inside a list says first which element it means") {
  const FieldPath entry = FieldPath{"env"}.element(1, "B");
  CHECK(composed({Edit::replace(entry.key("value"), std::string_view("2"))},
                 R"({"env":[{"name":"A"},{"name":"B","value":"1"}]})") ==
        R"([{"op":"test","path":"/env/1/name","value":"B"},)"
        R"({"op":"replace","path":"/env/1/value","value":"2"}])");
}

TEST_CASE("repairs that want different things are refused") {
  const std::string object = R"({"env":[{"name":"A","value":"1"}],"a":{"b":"c"}})";
  const FieldPath a{"a"};
  const FieldPath env{"env"};
  const auto refused = [&](const std::vector<Edit>& edits) {
    std::vector<Edit> reversed(edits.rbegin(), edits.rend());
    return composed(edits, object).starts_with("two repairs are at odds") &&
           composed(reversed, object).starts_with("two repairs are at odds");
  };
  CHECK(refused({Edit::replace(a.key("b"), std::string_view("x")),
                 Edit::replace(a.key("b"), std::string_view("y"))}));
  CHECK(refused({Edit::remove(a), Edit::replace(a.key("b"), std::string_view("y"))}));
  CHECK(refused({Edit::append(env, "B", "1"), Edit::append(env, "B", "2")}));
  CHECK(refused({Edit::append(env, "B", "1"),
                 Edit::replace(env.element(0, "A").key("name"), std::string_view("B"))}));
  CHECK(refused({Edit::rename(a.key("b"), "d"), Edit::add(a.key("d"), std::string_view("x"))}));
  // The same thing twice is one thing.
  CHECK(composed({Edit::append(env, "B", "1"), Edit::append(env, "B", "1")}, object) ==
        composed({Edit::append(env, "B", "1")}, object));
}

TEST_CASE("an edit without a place is refused") {
  CHECK(composed({Edit::remove(FieldPath{"a"})}, "{}") == "/a: nothing stands there");
  CHECK(composed({Edit::add(FieldPath{"a", "b"}, std::string_view("x"))}, R"({"a":[1]})") ==
        "/a/b: what is above it is no map");
  CHECK(composed({Edit::append(FieldPath{"a"}, "B", "1")}, R"({"a":"text"})") ==
        "/a: this is no list");
  CHECK(composed({Edit::add(FieldPath{"a"}, std::string_view("x"))}, R"({"a":"text"})") ==
        "/a: something stands there");
}

TEST_CASE("patches from elsewhere are taken as RFC 6902 says, or refused") {
  const std::string object = R"({"a":["x"],"b":{"c":1}})";
  CHECK(applied(R"([{"op":"add","path":"/a/-","value":1}])", object) ==
        R"({"a":["x",1],"b":{"c":1}})");
  CHECK(applied(R"([{"op":"add","path":"/a/2","value":1}])", object) ==
        "/a/2: there is no place for it");
  CHECK(applied(R"([{"op":"remove","path":"/a/99999999999999999999"}])", object) ==
        "/a/99999999999999999999: nothing stands there");
  CHECK(applied(R"([{"op":"remove","path":"/a/00"}])", object) == "/a/00: nothing stands there");
  CHECK(applied(R"([{"op":"remove","path":"/a/-"}])", object) == "/a/-: nothing stands there");
  CHECK(applied(R"([{"op":"move","from":"/b","path":"/b/c"}])", object) ==
        "/b/c: nothing can be moved there");
  CHECK(applied(R"([{"op":"test","path":"/b/c","value":2}])", object) ==
        "/b/c: something else stands there");
  CHECK(applied(R"([{"op":"copy","path":"/a"}])", object) == "not an operation of JSON Patch");
  CHECK(applied(R"([{"op":"add","path":"/a"}])", object) == "not an operation of JSON Patch");
}

TEST_CASE("our applier and that of another library make the same of every repair") {
  int compared = 0;
  for (const test::Example& example : test::examples()) {
    CAPTURE(example.file);
    const auto objects = test::objects_of(example);
    for (const test::Found& found : test::judge(example).findings) {
      const json::Document object = document(objects[found.position]);
      const auto patch = compose(found.repair.edits, object.root());
      if (!patch || patch->empty()) continue;
      const auto ours = nlohmann::json::parse(apply_patch(*patch, object.root()).value());
      const auto theirs = nlohmann::json::parse(objects[found.position])
                              .patch(nlohmann::json::parse(to_json(*patch)));
      CHECK(ours == theirs);
      ++compared;
    }
  }
  CHECK(compared > 100);
}

TEST_CASE("edits make the same patch in whatever order they come") {
  const std::string object =
      R"({"args":["a","b","c"],"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}],"m":{}})";
  const FieldPath args{"args"};
  const FieldPath env{"env"};
  std::vector<Edit> edits = {Edit::insert(args.element(1), "x"),
                             Edit::remove(args.element(2)),
                             Edit::replace(args.element(0), std::string_view("A")),
                             Edit::append(env, "C", "3"),
                             Edit::append(env, "D", "4"),
                             Edit::remove(env.element(0, "A")),
                             Edit::add(FieldPath{"m", "k", "l"}, std::string_view("v")),
                             Edit::add(FieldPath{"m", "k", "j"}, true)};
  const std::string wanted = composed(edits, object);
  REQUIRE(wanted.starts_with('['));
  CHECK(applied(wanted, object) ==
        R"({"args":["A","x","b"],"env":[{"name":"B","value":"2"},{"name":"C","value":"3"},)"
        R"({"name":"D","value":"4"}],"m":{"k":{"j":true,"l":"v"}}})");
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  for (int i = 0; i < 200; ++i) {
    std::shuffle(edits.begin(), edits.end(), random);
    CHECK(composed(edits, object) == wanted);
  }
}

}  // namespace
}  // namespace pxguard::rules
