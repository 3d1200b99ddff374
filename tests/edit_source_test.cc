#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "cli/edit/patch_source.h"
#include "cli/manifest/manifest_set.h"

namespace pxguard::edit {
namespace {

// The text after the patch, or why there is none.
std::string edited(const std::string& text, std::string_view patch, std::size_t position = 0) {
  const manifest::ManifestSet set({{"a.yaml", text}}, {});
  REQUIRE(set.objects().size() > position);
  const std::vector<ObjectPatch> patches = {
      {.object = &set.objects()[position], .patch = rules::parse_patch(patch).value()}};
  Patched patched = patch_source(text, patches);
  if (!patched.refusals[0].empty()) {
    CHECK(patched.text == text);
    return patched.refusals[0];
  }
  return patched.text;
}

const std::string kHead = "apiVersion: v1\nkind: Thing\n";

TEST_CASE("a value is replaced in the quotes that it has") {
  CHECK(edited(kHead + "a: old # why\nb: 'old'\nc: \"old\"\n",
               R"([{"op":"replace","path":"/a","value":"new"},
                   {"op":"replace","path":"/b","value":"new"},
                   {"op":"replace","path":"/c","value":"new"}])") ==
        kHead + "a: new # why\nb: 'new'\nc: \"new\"\n");
}

TEST_CASE("what would be read as something else is put in quotes, what is no text in none") {
  CHECK(edited(kHead + "a: old\nb: \"true\"\nc: x\n",
               R"([{"op":"replace","path":"/a","value":"true"},
                   {"op":"replace","path":"/b","value":true},
                   {"op":"replace","path":"/c","value":"a: b #c"}])") ==
        kHead + "a: \"true\"\nb: true\nc: \"a: b #c\"\n");
}

TEST_CASE("an element is appended as the ones before it are indented and written") {
  const auto add = R"([{"op":"add","path":"/env/-","value":{"name":"B","valueFrom":)"
                   R"({"secretKeyRef":{"name":"s","key":"k"}}}}])";
  CHECK(edited(kHead + "env:\n- name: A\n  value: x # of A\n\n# of z\nz: 1\n", add) ==
        kHead +
            "env:\n- name: A\n  value: x # of A\n- name: B\n  valueFrom:\n    secretKeyRef:\n"
            "      key: k\n      name: s\n\n# of z\nz: 1\n");
  CHECK(edited(kHead + "env:\n    - name: A\n      value: x\nm:\n    n: 1\n", add) ==
        kHead +
            "env:\n    - name: A\n      value: x\n    - name: B\n      valueFrom:\n"
            "          secretKeyRef:\n              key: k\n              name: s\n"
            "m:\n    n: 1\n");
  CHECK(edited(kHead + "env:\n  - {name: A, value: x}  # of A\n", add) ==
        kHead +
            "env:\n  - {name: A, value: x}  # of A\n"
            "  - {name: B, valueFrom: {secretKeyRef: {key: k, name: s}}}\n");
  CHECK(edited(kHead + "env: [{name: A}]", add) ==
        kHead + "env: [{name: A}, {name: B, valueFrom: {secretKeyRef: {key: k, name: s}}}]");
}

TEST_CASE("a list or a map that is empty gets its lines below") {
  const auto add = R"([{"op":"add","path":"/m/a","value":"x"}])";
  CHECK(edited(kHead + "m: {} # none\nz: 1\n", add) == kHead + "m: # none\n  a: x\nz: 1\n");
  CHECK(edited(kHead + "m: []\nz: 1\n", R"([{"op":"add","path":"/m/-","value":"x"}])") ==
        kHead + "m:\n  - x\nz: 1\n");
  CHECK(edited(kHead + "m:\nz: 1\n", R"([{"op":"add","path":"/m","value":{"a":"x"}}])") ==
        kHead + "m:\n  a: x\nz: 1\n");
  CHECK(edited(kHead + "m: null\n", R"([{"op":"add","path":"/m","value":"x"}])") ==
        kHead + "m: x\n");
  CHECK(edited(kHead + "m:", R"([{"op":"add","path":"/m","value":"x"}])") == kHead + "m: x");
}

TEST_CASE("a member goes behind the last one, before the comments that follow") {
  CHECK(edited(kHead + "m:\n  a: 1\n  b: |\n    text\n\n# of z\nz: 1\n",
               R"([{"op":"add","path":"/m/c","value":{"d":[1,{"e":"f"}],"g":{}}}])") ==
        kHead +
            "m:\n  a: 1\n  b: |\n    text\n  c:\n    d:\n      - 1\n      - e: f\n    g: {}\n"
            "\n# of z\nz: 1\n");
  // A file that does not end its last line keeps that.
  CHECK(edited(kHead + "m: {a: 1}\nz: 1", R"([{"op":"add","path":"/c","value":"x"}])") ==
        kHead + "m: {a: 1}\nz: 1\nc: x");
}

TEST_CASE("what is removed leaves its comments") {
  CHECK(edited(kHead + "m:\n  a: 1\n  b: 2 # why b\n  c: 3\n",
               R"([{"op":"remove","path":"/m/b"}])") == kHead + "m:\n  a: 1\n  # why b\n  c: 3\n");
  CHECK(edited(kHead + "l:\n  - name: a # of a\n    # of b\n    b: 1\n",
               R"([{"op":"remove","path":"/l/0/name"}])") ==
        kHead + "l:\n  # of a\n  # of b\n  - b: 1\n");
  CHECK(edited(kHead + "l: [a, b, c] # all\n", R"([{"op":"remove","path":"/l/1"}])") ==
        kHead + "l: [a, c] # all\n");
  CHECK(edited(kHead + "l: [a, b]\n", R"([{"op":"remove","path":"/l/1"}])") == kHead + "l: [a]\n");
  CHECK(edited(kHead + "l: [\n  a, # of a\n  b, # of b\n]\n",
               R"([{"op":"remove","path":"/l/0"}])") == kHead + "l: [\n  # of a\n  b, # of b\n]\n");
}

TEST_CASE("what becomes empty says so") {
  CHECK(edited(kHead + "m:\n  # about a\n  a: 1 # why\nz: 1\n",
               R"([{"op":"remove","path":"/m/a"}])") ==
        kHead + "m: {}\n  # about a\n  # why\nz: 1\n");
  CHECK(edited(kHead + "l:\n- a\nz: 1\n", R"([{"op":"remove","path":"/l/0"}])") ==
        kHead + "l: []\nz: 1\n");
  CHECK(edited(kHead + "l:\n- a: 1\n", R"([{"op":"remove","path":"/l/0/a"}])") ==
        kHead + "l:\n- {}\n");
  CHECK(edited(kHead + "l: [a]\n", R"([{"op":"remove","path":"/l/0"}])") == kHead + "l: []\n");
}

TEST_CASE("an element is inserted where it belongs, and leaves the comments to their own") {
  const auto insert = R"([{"op":"add","path":"/args/1","value":"x"}])";
  CHECK(edited(kHead + "args:\n- -a\n# of b\n- b\n", insert) ==
        kHead + "args:\n- -a\n- x\n# of b\n- b\n");
  CHECK(edited(kHead + "args: [\"-a\", \"b\"]\n", insert) ==
        kHead + "args: [\"-a\", \"x\", \"b\"]\n");
  CHECK(edited(kHead + "args:\n- \"a\"\n", R"([{"op":"add","path":"/args/0","value":"x"}])") ==
        kHead + "args:\n- \"x\"\n- \"a\"\n");
}

TEST_CASE("a key gets another name in its place") {
  CHECK(edited(kHead + "m:\n  'a': 1 # one\n  b: 2\n",
               R"([{"op":"move","from":"/m/a","path":"/m/c"}])") ==
        kHead + "m:\n  'c': 1 # one\n  b: 2\n");
}

TEST_CASE("line ends of another system stay, in the lines that are new as well") {
  CHECK(edited("apiVersion: v1\r\nkind: T\r\nm:\r\n  a: 1\r\nz: 1\r\n",
               R"([{"op":"add","path":"/m/b","value":{"c":"d"}}])") ==
        "apiVersion: v1\r\nkind: T\r\nm:\r\n  a: 1\r\n  b:\r\n    c: d\r\nz: 1\r\n");
}

TEST_CASE("a byte order mark at the front is no part of the first line") {
  const std::string mark = "\xef\xbb\xbf";
  CHECK(edited(mark + "apiVersion: v1\nkind: T\n",
               R"([{"op":"replace","path":"/apiVersion","value":"v2"}])") ==
        mark + "apiVersion: v2\nkind: T\n");
}

TEST_CASE("JSON stays JSON, printed or in one line") {
  const auto add = R"([{"op":"add","path":"/m/-","value":{"a":"x","b":["c"]}}])";
  CHECK(edited(R"({"apiVersion":"v1","kind":"T","m":["y"]})", add) ==
        R"({"apiVersion":"v1","kind":"T","m":["y",{"a":"x","b":["c"]}]})");
  CHECK(edited("{\n    \"apiVersion\": \"v1\",\n    \"kind\": \"T\",\n    \"m\": [\n"
               "        \"y\"\n    ]\n}\n",
               add) ==
        "{\n    \"apiVersion\": \"v1\",\n    \"kind\": \"T\",\n    \"m\": [\n        \"y\",\n"
        "        {\n            \"a\": \"x\",\n            \"b\": [\n                \"c\"\n"
        "            ]\n        }\n    ]\n}\n");
  CHECK(edited("{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"T\",\n  \"m\": []\n}\n", add) ==
        "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"T\",\n  \"m\": [\n    {\n      \"a\": \"x\",\n"
        "      \"b\": [\n        \"c\"\n      ]\n    }\n  ]\n}\n");
}

TEST_CASE("one document of many is changed, one item of a List, and a value among JSON values") {
  const auto patch = R"([{"op":"replace","path":"/a","value":2}])";
  const std::string many = "# first\n---\n" + kHead + "a: 1\n---\n" + kHead + "a: 1\n---\n# end\n";
  CHECK(edited(many, patch, 1) ==
        "# first\n---\n" + kHead + "a: 1\n---\n" + kHead + "a: 2\n---\n# end\n");
  const std::string list =
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: T, a: 1}\n"
      "- apiVersion: v1\n  kind: T\n  a: 1\n";
  CHECK(edited(list, patch, 1) ==
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: T, a: 1}\n"
        "- apiVersion: v1\n  kind: T\n  a: 2\n");
  const std::string json = R"({"apiVersion":"v1","kind":"T","a":1})";
  CHECK(edited(json + '\n' + json, patch, 1) ==
        json + '\n' + R"({"apiVersion":"v1","kind":"T","a":2})");
}

TEST_CASE("what an alias or a merge stands for is not changed where they stand") {
  const std::string text = kHead + "base: &b\n  a: 1\nm:\n  <<: *b\n  c: 1\no: *b\n";
  CHECK(edited(text, R"([{"op":"replace","path":"/m/a","value":2}])") == "nothing stands there");
  CHECK(edited(text, R"([{"op":"replace","path":"/o/a","value":2}])") ==
        "it comes from an alias: edit what the anchor stands for");
  CHECK(edited(text, R"([{"op":"replace","path":"/o","value":2}])") ==
        "it is an alias: edit what the anchor stands for");
  // It would change m and o as well.
  CHECK(edited(text, R"([{"op":"replace","path":"/base/a","value":2}])") ==
        "it cannot be written here without changing more");
  CHECK(edited(text, R"([{"op":"add","path":"/m/d","value":2}])") ==
        kHead + "base: &b\n  a: 1\nm:\n  <<: *b\n  c: 1\n  d: 2\no: *b\n");
}

// Found by fuzzing: what stands behind the list is not looked at before the change, and is after
// it.
TEST_CASE("a change after which the file as a whole cannot be read is refused") {
  const std::string text = " [\n  ] \"b\"\"b\"vype \"c\": {}\n}\n";
  auto documents = yaml::read(text);
  REQUIRE(documents.size() == 1);
  REQUIRE(documents[0].json == "[]");
  const auto document =
      std::make_shared<const json::Document>(json::Document::parse(documents[0].json).value());
  const model::Object list(
      document, document->root(),
      std::make_shared<const model::Source>(model::Source{"a.yaml", documents[0].marks}));
  const std::vector<ObjectPatch> patches = {
      {.object = &list, .patch = {{rules::PatchOp::Kind::Add, "/-", {}, "true"}}}};
  const Patched patched = patch_source(text, patches);
  CHECK(patched.refusals[0] == "it cannot be written here without changing more");
  CHECK(patched.text == text);
}

TEST_CASE("what cannot be written safely is refused with its reason") {
  CHECK(edited(kHead + "a: |\n  text\n", R"([{"op":"replace","path":"/a","value":"x"}])") ==
        "it is a text of several lines (| or >)");
  CHECK(edited(kHead + "a: !!str 1\n", R"([{"op":"replace","path":"/a","value":"x"}])") ==
        "it has a tag (!!)");
  CHECK(edited(kHead + "a: {b: [1]}\n", R"([{"op":"replace","path":"/a","value":"x"}])") ==
        "it is no single value");
  CHECK(edited(kHead + "a: 1\na: 2\n", R"([{"op":"replace","path":"/a","value":"x"}])") ==
        "the key \"a\" stands there twice");
  CHECK(edited(kHead + "a: 1\na: 2\nb: 1\n", R"([{"op":"replace","path":"/b","value":"x"}])") ==
        kHead + "a: 1\na: 2\nb: x\n");
  CHECK(edited(kHead + "l:\n- - a\n  - b\n", R"([{"op":"remove","path":"/l/0/0"}])") ==
        "something else stands in its line");
  CHECK(edited(kHead + "l: [ # why\n]\n", R"([{"op":"add","path":"/l/-","value":"x"}])") ==
        "there are comments between its brackets");
}

}  // namespace
}  // namespace pxguard::edit
