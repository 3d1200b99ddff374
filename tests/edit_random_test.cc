// Random operations at random places of every example, and of the same text in other line ends:
// what is not refused is right, whoever judges it, and most is not refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/yaml.h"
#include "cli/edit/patch_source.h"
#include "cli/manifest/manifest_set.h"
#include "rules/patch_tree.h"
#include "tests/support/examples.h"

namespace pxguard::edit {
namespace {

using Kind = rules::PatchOp::Kind;

class Dice {
 public:
  std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  std::mt19937 random_{11};  // NOLINT(cert-msc32-c,cert-msc51-cpp)
};

rules::PatchOp operation(const model::Object& object, Dice& dice) {
  const json::Document& document = object.document();
  std::string pointer;
  while (pointer.empty())
    pointer = document.pointer_of(static_cast<std::uint32_t>(dice.below(document.nodes())));
  const json::Value there = document.root().find(pointer);
  const char* const values[] = {R"("text")", R"("-flag")", "true", R"("yes")",
                                R"({"name":"N","valueFrom":{"x":{"y":"z"}}})"};
  const std::string value = values[dice.below(5)];
  if (there.is_array()) return {Kind::Add, pointer + "/-", {}, value};
  if (there.is_object()) return {Kind::Add, pointer + "/neW~1key", {}, value};
  switch (dice.below(3)) {
    case 0: return {Kind::Remove, pointer, {}, {}};
    case 1: return {Kind::Replace, pointer, {}, values[dice.below(4)]};
    default: return {Kind::Remove, std::string(rules::parent_of(pointer)), {}, {}};
  }
}

std::string with_carriage_returns(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return result;
}

struct Count {
  int tried = 0;
  int made = 0;
};

void try_one(const std::string& text, Dice& dice, Count& count) {
  const manifest::ManifestSet set({{"a.yaml", text}}, {});
  if (set.objects().empty()) return;
  const model::Object& object = set.objects()[dice.below(set.objects().size())];
  const rules::PatchOp op = operation(object, dice);
  if (op.path.empty()) return;
  ++count.tried;
  const std::vector<ObjectPatch> patches = {{.object = &object, .patch = {op}}};
  const Patched patched = patch_source(text, patches);
  if (!patched.refusals[0].empty()) {
    CHECK(patched.text == text);
    return;
  }
  ++count.made;
  CAPTURE(rules::to_json(patches[0].patch));
  CAPTURE(patched.text);
  const auto before = yaml::read(text);
  const auto after = yaml::read(patched.text);
  REQUIRE(after.size() == before.size());
  int others = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const auto was = nlohmann::json::parse(before[i].json);
    const auto is = nlohmann::json::parse(after[i].json);
    if (was == is) continue;
    ++others;
    CHECK(is == was.patch(nlohmann::json::parse(rules::to_json(patches[0].patch))));
  }
  CHECK(others <= 1);
  const bool was_dos = text.find("\r\n") != std::string::npos;
  const std::size_t feeds =
      static_cast<std::size_t>(std::count(patched.text.begin(), patched.text.end(), '\n'));
  const std::size_t returns =
      static_cast<std::size_t>(std::count(patched.text.begin(), patched.text.end(), '\r'));
  CHECK(returns == (was_dos ? feeds : 0));
}

TEST_CASE("whatever is changed wherever in an example, it comes out right or not at all") {
  Dice dice;
  Count count;
  for (const test::Example& example : test::examples()) {
    CAPTURE(example.file);
    for (int i = 0; i < 6; ++i) try_one(example.text, dice, count);
    for (int i = 0; i < 2; ++i) try_one(with_carriage_returns(example.text), dice, count);
  }
  MESSAGE(count.made << " of " << count.tried << " operations made");
  CHECK(count.made * 10 > count.tried * 9);
}

}  // namespace
}  // namespace pxguard::edit
