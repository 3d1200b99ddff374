// The examples are the tests of the rules, and the pages of their documentation. The author of a
// rule writes nothing else.
//   `# expect: PXS101 PXS204(info)` at the end of a line: exactly these findings are there.
//   First line `# complete`, `# operation: UPDATE` (the object before is the first document of the
//   file of the same name that ends in .old.yaml) or `# operation: DELETE`; with them, or alone,
//   `require: Always`, `guest-access: Disabled`, `crds: master`, `kubernetes: 1.31.2`.
//   It is the first of January 2026.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "base/yaml.h"
#include "cli/manifest/manifest_set.h"
#include "rules/apply.h"
#include "rules/catalogue.h"

namespace pxguard::rules {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpect = "# expect:";
constexpr std::string_view kCanary = "canary";

std::string read_file(const fs::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Example {
  std::string file;
  std::string text;
  std::string old_text;
  Operation operation = Operation::Create;
  manifest::Absence absence = manifest::Absence::Unknown;
  bool is_good = false;
  Settings settings{};
};

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

std::string text_of(const Finding& finding) {
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

// Every finding as "line: id" or "line: id(info)", sorted; and all that was said.
struct Outcome {
  std::vector<std::string> findings;
  std::string said;
};

std::string shown(int line, const Rule& rule, Severity severity) {
  return std::to_string(line) + ": " + std::string(rule.id) +
         (severity == Severity::Info ? "(info)" : "");
}

// An update or a removal is about the first document; the others are what else there is.
Outcome judge(const Example& example) {
  const manifest::Options options{.absence = example.absence, .default_namespace = ""};
  const manifest::ManifestSet set({text_of(example)}, options);
  std::unique_ptr<manifest::ManifestSet> before;
  std::optional<Views> old;
  if (!example.old_text.empty()) {
    before = std::make_unique<manifest::ManifestSet>(
        std::vector<manifest::Text>{{.file = "old.yaml", .content = example.old_text}}, options);
    if (!before->objects().empty()) old.emplace(before->objects().front(), set);
  }
  Outcome outcome;
  bool is_first = true;
  for (const model::Object& object : set.objects()) {
    const bool is_reviewed = example.operation == Operation::Create || is_first;
    const Views views(object, set);
    const Situation situation{.object = object,
                              .view = set,
                              .settings = example.settings,
                              .now = kNow,
                              .operation = is_reviewed ? example.operation : Operation::Create};
    const Views* const before_it = is_reviewed && is_first && old ? &*old : nullptr;
    const Applied applied = apply(catalogue(), views, before_it, situation);
    for (const auto& [rule, finding] : applied.findings) {
      outcome.findings.push_back(
          shown(object.mark(finding.at.pointer()).line, *rule, finding.severity));
      outcome.said += text_of(finding) + '\n';
    }
    for (const RuleUnverified& unverified : applied.unverified)
      outcome.said += unverified.needs + '\n';
    is_first = false;
  }
  std::sort(outcome.findings.begin(), outcome.findings.end());
  return outcome;
}

std::vector<std::string> expected(std::string_view text) {
  std::vector<std::string> findings;
  int number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::size_t at = line.find(kExpect);
    if (at == std::string_view::npos) continue;
    std::istringstream ids{std::string(line.substr(at + kExpect.size()))};
    for (std::string id; ids >> id;) findings.push_back(std::to_string(number) + ": " + id);
  }
  std::sort(findings.begin(), findings.end());
  return findings;
}

// The text of a value as JSON, which is YAML as well, without one node.
class Removal {
 public:
  explicit Removal(std::uint32_t left_out) : left_out_(left_out) {}

  void write(json::Value value, std::string& out) const {
    if (value.is_object()) return write_members(value, out);
    if (value.is_array()) return write_elements(value, out);
    switch (value.kind()) {
      case json::Kind::String: out += json::quote(value.text()); break;
      case json::Kind::Boolean: out += value.boolean_or(false) ? "true" : "false"; break;
      case json::Kind::Integer: out += std::to_string(value.integer_or(0)); break;
      case json::Kind::Number: out += std::to_string(value.number_or(0)); break;
      default: out += "null";
    }
  }

 private:
  void write_members(json::Value value, std::string& out) const {
    out += '{';
    bool first = true;
    for (const auto& [key, member, node] : value.members()) {
      if (member.node() == left_out_) continue;
      if (!first) out += ',';
      first = false;
      out += json::quote(key) + ':';
      write(member, out);
    }
    out += '}';
  }

  void write_elements(json::Value value, std::string& out) const {
    out += '[';
    bool first = true;
    for (const json::Value element : value.elements()) {
      if (element.node() == left_out_) continue;
      if (!first) out += ',';
      first = false;
      write(element, out);
    }
    out += ']';
  }

  std::uint32_t left_out_;
};

std::string documents(const std::vector<std::string>& parts) { return join(parts, "\n---\n"); }

TEST_CASE("rules find in every example exactly what its comments expect") {
  const auto all = examples();
  CHECK(all.size() > catalogue().size());
  for (const Example& example : all) {
    CAPTURE(example.file);
    CHECK(join(judge(example).findings, ", ") == join(expected(example.text), ", "));
  }
}

TEST_CASE("no rule objects to a good example, other than with an info") {
  for (const Example& example : examples()) {
    if (!example.is_good) continue;
    CAPTURE(example.file);
    for (const std::string& finding : judge(example).findings) {
      CAPTURE(finding);
      CHECK(finding.ends_with("(info)"));
    }
  }
}

TEST_CASE("a bad example shows the rule of its folder") {
  for (const Example& example : examples()) {
    if (example.is_good) continue;
    CAPTURE(example.file);
    std::string name = example.file.substr(0, example.file.find('/'));
    std::replace(name.begin(), name.end(), '_', '-');
    const Rule* rule = find_rule(name);
    REQUIRE(rule != nullptr);
    CHECK(example.text.find(rule->id) != std::string::npos);
  }
}

TEST_CASE("an example is read as a whole") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    const manifest::ManifestSet set({text_of(example)}, {});
    CHECK_FALSE(set.objects().empty());
    CHECK(set.problems().empty());
    CHECK(set.skipped().empty());
  }
}

TEST_CASE("what is said of an example holds none of its secrets") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    CHECK(lower(judge(example).said).find(kCanary) == std::string::npos);
  }
}

TEST_CASE("any example without any one of its fields is judged all the same, and tells no secret") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    std::vector<json::Document> parsed;
    std::vector<std::string> texts;
    for (const yaml::Document& document : yaml::read(example.text)) {
      auto result = json::Document::parse(document.json);
      REQUIRE(result.has_value());
      parsed.push_back(std::move(result).value());
      texts.push_back(document.json);
    }
    for (std::size_t i = 0; i < parsed.size(); ++i) {
      const std::string whole = texts[i];
      for (std::uint32_t node = 1; node < parsed[i].nodes(); ++node) {
        texts[i].clear();
        Removal(node).write(parsed[i].root(), texts[i]);
        // Nodes of keys are no fields of their own.
        if (texts[i] == whole) continue;
        Example reduced = example;
        reduced.text = documents(texts);
        CHECK(lower(judge(reduced).said).find(kCanary) == std::string::npos);
      }
      texts[i] = whole;
    }
  }
}

}  // namespace
}  // namespace pxguard::rules
