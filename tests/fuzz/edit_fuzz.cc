// Any operation anywhere in any text: it is refused, or the documents are as many as before, the
// others mean what they meant, and this one is what the patch makes of it.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "cli/edit/patch_source.h"
#include "rules/patch_tree.h"

namespace {

using namespace pxguard;

// The first three bytes say what is done where.
rules::PatchOp operation(const json::Document& document, const std::uint8_t* bytes) {
  using Kind = rules::PatchOp::Kind;
  const auto node = static_cast<std::uint32_t>(bytes[1] % document.nodes());
  const std::string pointer = document.pointer_of(node);
  constexpr const char* kValues[] = {
      R"("text")", R"("a: b #c")", "true", R"({"a":{"b":["c"]}})", R"({"name":"N","value":"-v"})",
      "[]"};
  const std::string value = kValues[bytes[2] % 6];
  switch (bytes[0] % 6) {
    case 0: return {Kind::Replace, pointer, {}, value};
    case 1: return {Kind::Remove, pointer, {}, {}};
    case 2: return {Kind::Add, pointer + "/-", {}, value};
    case 3: return {Kind::Add, pointer + "/new", {}, value};
    case 4: return {Kind::Add, pointer, {}, value};
    default: return {Kind::Move, pointer + "-new", pointer, {}};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || size > 20'000) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 3, size - 3);
  auto documents = yaml::read(text);
  std::size_t position = 0;
  while (position < documents.size() && documents[position].error) ++position;
  if (position == documents.size()) return 0;
  auto parsed = json::Document::parse(documents[position].json);
  if (!parsed) return 0;
  const auto document = std::make_shared<const json::Document>(std::move(parsed).value());
  const auto source =
      std::make_shared<const model::Source>(model::Source{"a.yaml", documents[position].marks});
  const model::Object object(document, document->root(), source);
  const rules::PatchOp op = operation(*document, data);
  const std::vector<edit::ObjectPatch> patches = {{.object = &object, .patch = {op}}};
  const edit::Patched patched = edit::patch_source(text, patches);
  if (!patched.refusals[0].empty()) {
    if (patched.text != text) std::abort();
    return 0;
  }
  const auto after = yaml::read(patched.text);
  if (after.size() != documents.size()) std::abort();
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (i == position) continue;
    if (after[i].json != documents[i].json) std::abort();
  }
  const auto wanted = rules::apply_patch(patches[0].patch, document->root());
  const auto is = json::Document::parse(after[position].json);
  if (!wanted || !is || rules::PatchTree(is->root()).json() != *wanted) std::abort();
  return 0;
}
