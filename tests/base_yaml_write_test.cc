// What is written as YAML is read as what it was.
#include <doctest/doctest.h>

#include <string>

#include "base/yaml.h"
#include "base/yaml_write.h"

namespace pxguard::yaml {
namespace {

std::string written(const std::string& json) {
  const auto document = json::Document::parse(json).value();
  return write({document.root()});
}

const std::string kTexts[] = {
    R"j({"a":["x","y"],"b":{},"c":[],"d":null,"e":true,"f":-12})j",
    R"j({"text":"(\n  a &&\n  b\n)","end":"with newline\n","tab":"a\tb"})j",
    R"j({"yes":"no","1":"2","~":"null","on":"1e3","empty":"","star":"*","dash":"- a"})j",
    R"j({"list":[{"a":1},{"b":[[1],[2]]}],"colon":"a: b","hash":"a #b","quote":"\"'"})j",
};

// As the reader writes it: its JSON has no blanks and no order of its own.
std::string canonical(const std::string& json) { return read(json).front().json; }

}  // namespace

TEST_CASE("YAML that is written is read as the same JSON") {
  for (const std::string& json : kTexts) {
    const auto documents = read(written(json));
    REQUIRE(documents.size() == 1);
    CHECK_FALSE(documents[0].error.has_value());
    CHECK(documents[0].json == canonical(json));
  }
}

TEST_CASE("text of several lines stands as it is, and words need no quotes") {
  CHECK(written(R"j({"kind":"List","at":"/validate","cel":"(\n  a\n)"})j") ==
        "kind: List\nat: /validate\ncel: |-\n  (\n    a\n  )\n");
}

TEST_CASE("several documents are told apart") {
  const auto a = json::Document::parse(R"({"a":1})").value();
  const auto b = json::Document::parse(R"({"b":2})").value();
  CHECK(write({a.root(), b.root()}) == "a: 1\n---\nb: 2\n");
}

}  // namespace pxguard::yaml
