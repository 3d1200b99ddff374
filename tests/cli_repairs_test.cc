// What pxguard fix makes of every example and of a corpus of real manifests: the fault is gone,
// nothing worse has come, once more changes nothing, and whatever else was in the file still is.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/edit/page.h"
#include "cli/edit/unified_diff.h"
#include "cli/manifest/collect.h"
#include "cli/repair_files.h"
#include "rules/catalogue.h"
#include "tests/support/corpus.h"
#include "tests/support/examples.h"

namespace pxguard::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

RepairedFiles repaired(const manifest::Input& input, const test::Example& example = {}) {
  policy::Policy policy = policy::Policy::defaults();
  policy.settings = example.settings;
  const manifest::Options reading{.absence = example.absence, .default_namespace = ""};
  return repair_files({.input = input, .reading = reading, .policy = policy, .now = kNow});
}

manifest::Input input_of(const test::Example& example) {
  return {.texts = {{.file = example.file,
                     .content = example.text,
                     .is_context = false,
                     .is_values = example.file.ends_with(".values.yaml")}}};
}

// All that begins with # and is no value, sorted; found without the code under test.
std::vector<std::string> comments_of(const std::string& text) {
  std::vector<std::string> comments;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t at = line.starts_with('#') ? 0 : line.find(" #");
    if (at != std::string_view::npos) comments.emplace_back(trim(line.substr(line.find('#', at))));
  }
  std::sort(comments.begin(), comments.end());
  return comments;
}

struct Touched {
  int lines = 0;
  std::string text{};
};

Touched diff(const std::string& before, const std::string& after) {
  Touched touched;
  touched.text =
      edit::unified_diff("x.yaml", before, after,
                         [](edit::Side, int, std::string_view line) { return std::string(line); });
  bool is_head = true;
  for (const std::string_view line : split(touched.text, '\n')) {
    is_head = is_head && !line.starts_with("@@");
    if (!is_head && (line.starts_with('+') || line.starts_with('-'))) ++touched.lines;
  }
  return touched;
}

TEST_CASE("what fix mends in an example is gone, nothing as bad has come, and no comment is lost") {
  std::set<std::string> rules;
  int files = 0;
  for (const test::Example& example : test::examples()) {
    CAPTURE(example.file);
    const RepairedFiles fixed = repaired(input_of(example), example);
    if (fixed.mended.empty()) {
      CHECK(fixed.texts.empty());
      continue;
    }
    REQUIRE(fixed.texts.size() == 1);
    const std::string& after = fixed.texts.begin()->second;
    CAPTURE(diff(example.text, after).text);
    CHECK(comments_of(after) == comments_of(example.text));
    for (const Treated& mended : fixed.mended) {
      rules.insert(mended.rule);
      for (const Treated& left : fixed.left) {
        CAPTURE(mended.rule);
        CHECK(
            (left.rule != mended.rule || left.path != mended.path || left.object != mended.object));
      }
    }
    for (const Treated& left : fixed.left) {
      CAPTURE(left.rule);
      CHECK(left.why_not != "run it once more");
      CHECK_FALSE(left.why_not.starts_with("it cannot be edited here"));
    }
    ++files;
  }
  MESSAGE(files << " examples mended, " << rules.size() << " rules");
  CHECK(rules.size() >= 30);
}

TEST_CASE("what fix has mended it does not change again") {
  for (const test::Example& example : test::examples()) {
    CAPTURE(example.file);
    manifest::Input input = input_of(example);
    const RepairedFiles once = repaired(input, example);
    if (once.texts.empty()) continue;
    input.texts[0].content = once.texts.begin()->second;
    const RepairedFiles twice = repaired(input, example);
    CHECK(twice.texts.empty());
    CHECK(twice.mended.empty());
  }
}

TEST_CASE("an example that is good is not touched") {
  for (const test::Example& example : test::examples()) {
    if (!example.is_good) continue;
    CAPTURE(example.file);
    CHECK(repaired(input_of(example), example).texts.empty());
  }
}

TEST_CASE("a repair touches a handful of lines") {
  for (const test::Example& example : test::examples()) {
    const RepairedFiles fixed = repaired(input_of(example), example);
    if (fixed.texts.empty()) continue;
    const Touched touched = diff(example.text, fixed.texts.begin()->second);
    CAPTURE(example.file);
    CAPTURE(touched.text);
    // The largest repair adds two pairs of a class, or a variable with its reference.
    CHECK(touched.lines <= 10 * static_cast<int>(fixed.mended.size()));
  }
}

// PXGUARD_UPDATE_GOLDEN=1 writes it anew.
TEST_CASE("ten diffs, word for word: no line is touched that the rule is not about") {
  constexpr std::string_view kTen[] = {"argument_form_undocumented/bad-forms.yaml",
                                       "autopilot_auth_missing/bad-daemonset.yaml",
                                       "csi_class_without_token/bad-no-node-publish.yaml",
                                       "half_secret_pair/bad-claim.yaml",
                                       "optional_key_reference/bad-daemonset.yaml",
                                       "secret_in_backups/bad-token.yaml",
                                       "security_field_pruned/bad-token-lifetime.yaml",
                                       "stork_env_overrides_operator/bad-left-by-conversion.yaml",
                                       "stork_key_deprecated/bad-daemonset.yaml",
                                       "stork_shared_secret_missing/bad-stork-without-key.yaml"};
  const std::string file = std::string(PXGUARD_SOURCE_DIR) + "/tests/golden/fix/ten.diff";
  std::string text;
  for (const test::Example& example : test::examples()) {
    if (std::find(std::begin(kTen), std::end(kTen), example.file) == std::end(kTen)) continue;
    const RepairedFiles fixed = repaired(input_of(example), example);
    CAPTURE(example.file);
    REQUIRE(fixed.texts.size() == 1);
    text += edit::unified_diff(
        example.file, example.text, fixed.texts.begin()->second,
        [](edit::Side, int, std::string_view line) { return std::string(line); });
  }
  if (std::getenv("PXGUARD_UPDATE_GOLDEN") != nullptr) REQUIRE(write_file(file, text).has_value());
  CHECK(text == read_file(file, limits::kYamlFile).value());
}

// --- Real manifests -----------------------------------------------------------------------------

TEST_CASE(
    "real manifests that can be mended parse, keep their comments, and stay as they are then") {
  if (!test::has_corpus("fix on the corpus")) return;
  int mended = 0;
  int files = 0;
  std::map<std::string, int> refusals;
  for (const auto& entry : fs::recursive_directory_iterator(test::corpus())) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() ||
        !(name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json")))
      continue;
    const auto content = read_file(entry.path().string(), limits::kYamlFile);
    if (!content || content->find("AdmissionReview") != std::string::npos) continue;
    CAPTURE(entry.path().string());
    manifest::Input input{.texts = {{.file = name, .content = *content}}};
    const RepairedFiles once = repaired(input);
    for (const Treated& left : once.left) {
      if (left.why_not.starts_with("it ")) ++refusals[left.rule + " " + left.why_not];
    }
    if (once.texts.empty()) continue;
    ++files;
    mended += static_cast<int>(once.mended.size());
    const std::string& after = once.texts.begin()->second;
    CAPTURE(diff(*content, after).text);
    CHECK(comments_of(after) == comments_of(*content));
    CHECK(once.after->problems().size() == once.before->problems().size());
    input.texts[0].content = after;
    CHECK(repaired(input).texts.empty());
  }
  MESSAGE(mended << " findings mended in " << files << " files of the corpus");
  for (const auto& [why, count] : refusals) MESSAGE(count << " x " << why);
  CHECK(files > 0);
}

}  // namespace
}  // namespace pxguard::cli
