#include "tests/support/examples.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "rules/apply.h"
#include "rules/catalogue.h"
#include "rules/json_patch.h"
#include "rules/policy/change.h"

namespace pxguard::test {
namespace {

namespace fs = std::filesystem;

using rules::Operation;
using rules::Settings;

std::string read_file(const fs::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

constexpr std::chrono::system_clock::time_point kNow =
    std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

// The word behind `name: ` in the first line; "" without one.
std::string directive(std::string_view line, std::string_view name) {
  const std::size_t at = line.find(std::string(name) + ": ");
  if (!line.starts_with('#') || at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + name.size() + 2);
  return std::string(rest.substr(0, rest.find_first_of(" ,")));
}

Settings settings_of(std::string_view line) {
  Settings settings;
  settings.security_always = directive(line, "require") == "Always";
  settings.wanted_guest_access = directive(line, "guest-access");
  settings.crds_master = directive(line, "crds") == "master";
  settings.kubernetes_version = model::Version::parse(directive(line, "kubernetes"));
  return settings;
}

Example load(const fs::path& path) {
  Example example;
  example.file = path.parent_path().filename().string() + '/' + path.filename().string();
  example.text = read_file(path);
  example.is_good = path.filename().string().starts_with("good-");
  const std::string_view first = split(example.text, '\n').front();
  if (first.starts_with("#") && first.find("complete") != std::string_view::npos)
    example.absence = manifest::Absence::Known;
  example.settings = settings_of(first);
  if (first.find("operation: DELETE") != std::string_view::npos)
    example.operation = Operation::Delete;
  if (first.find("operation: UPDATE") != std::string_view::npos) {
    example.operation = Operation::Update;
    fs::path old = path;
    example.old_text = read_file(old.replace_extension(".old.yaml"));
    REQUIRE_FALSE(example.old_text.empty());
  }
  return example;
}

std::string text_of(const rules::Finding& finding) {
  std::string text;
  for (const std::string* part : {&finding.message, &finding.found, &finding.want, &finding.why,
                                  &finding.fix, &finding.reference}) {
    text += *part + '\n';
  }
  return text + finding.at.display();
}

// NAME.values.yaml: values for the chart portworx.
manifest::Text text_of(const Example& example) {
  return {.file = "example.yaml",
          .content = example.text,
          .is_context = false,
          .is_values = example.file.ends_with(".values.yaml")};
}

}  // namespace

std::string Found::shown() const {
  return std::to_string(line) + ": " + rule + (severity == rules::Severity::Info ? "(info)" : "");
}

std::vector<std::string> Outcome::shown() const {
  std::vector<std::string> lines;
  for (const Found& found : findings) lines.push_back(found.shown());
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<Example> examples() {
  std::vector<Example> found;
  const fs::path folder = fs::path(PXGUARD_SOURCE_DIR) / "rules" / "examples";
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".yaml") && !name.ends_with(".old.yaml"))
      found.push_back(load(entry.path()));
  }
  std::sort(found.begin(), found.end(),
            [](const Example& a, const Example& b) { return a.file < b.file; });
  return found;
}

std::vector<std::string> objects_of(const Example& example) {
  const manifest::ManifestSet set({text_of(example)}, {});
  std::vector<std::string> objects;
  for (const model::Object& object : set.objects())
    objects.push_back(rules::apply_patch({}, object.root()).value());
  return objects;
}

Outcome judge(const Example& example) {
  const manifest::Options options{.absence = example.absence, .default_namespace = ""};
  const manifest::ManifestSet set({text_of(example)}, options);
  std::unique_ptr<manifest::ManifestSet> before;
  std::optional<rules::Views> old;
  if (!example.old_text.empty()) {
    before = std::make_unique<manifest::ManifestSet>(
        std::vector<manifest::Text>{{.file = "old.yaml", .content = example.old_text}}, options);
    if (!before->objects().empty()) old.emplace(before->objects().front(), set);
  }
  Outcome outcome;
  std::size_t position = 0;
  bool is_first = true;
  for (const model::Object& object : set.objects()) {
    const bool is_reviewed = example.operation == Operation::Create || is_first;
    const rules::Views views(object, set);
    const rules::Situation situation{
        .object = object,
        .view = set,
        .settings = example.settings,
        .now = kNow,
        .operation = is_reviewed ? example.operation : Operation::Create};
    const rules::Views* const before_it = is_reviewed && is_first && old ? &*old : nullptr;
    const rules::Applied applied = apply(rules::catalogue(), views, before_it, situation);
    for (const auto& [rule, finding] : applied.findings) {
      const std::string pointer = finding.at.pointer();
      outcome.findings.push_back(
          {object.mark(pointer).line, std::string(rule->id), finding.severity,
           object.id().display(), finding.at.display(), pointer, position,
           policy::fault_key(*rule, finding) + ' ' + object.id().display(), finding.repair});
      outcome.said += text_of(finding) + '\n';
    }
    for (const auto& [rule, needs] : applied.unverified) {
      outcome.unverified.push_back({std::string(rule->id), object.id().display()});
      outcome.said += needs + '\n';
    }
    is_first = false;
    ++position;
  }
  return outcome;
}

}  // namespace pxguard::test
