// What a report shows of a manifest, and what it never does.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/manifest/manifest_set.h"
#include "cli/report/excerpt.h"
#include "cli/report/json.h"
#include "cli/report/layout.h"
#include "cli/report/output.h"
#include "cli/report/report.h"
#include "cli/report/text.h"

namespace pxguard::report {
namespace {

constexpr std::string_view kCanary = "canary-7f3a";

manifest::ManifestSet set_of(const std::string& body) {
  return {{{"a.yaml", "apiVersion: v1\nkind: Thing\n" + body}}, {}};
}

// The excerpt of the third line.
std::string third(const std::string& body) {
  const manifest::ManifestSet set = set_of(body);
  REQUIRE(set.objects().size() == 1);
  const auto excerpt = Excerpts(set.objects()[0]).at({3, 1}, set.line("a.yaml", 3));
  return excerpt ? excerpt->text : "nothing";
}

rules::Finding finding_at(model::FieldPath at) {
  return {.at = std::move(at), .message = "the message", .found = "this", .want = "that"};
}

Report report_of(const manifest::ManifestSet& set, std::vector<rules::Finding> findings) {
  Report report;
  policy::Verdict verdict;
  for (rules::Finding& finding : findings) {
    verdict.findings.push_back({.rule = rules::catalogue().front(), .finding = std::move(finding)});
  }
  report.add(set.objects()[0], std::move(verdict),
             [&set](std::string_view file, int line) { return set.line(file, line); });
  report.finish(set.files(), set.objects().size(), 20);
  return report;
}

}  // namespace

TEST_CASE("an excerpt shows keys and harmless values") {
  CHECK(third("name: stork") == "name: stork");
  CHECK(third("a: [{name: X, kind: 'Y', image: \"z:1\"}]") ==
        "a: [{name: X, kind: 'Y', image: \"z:1\"}]");
  CHECK(third("security: {enabled: yes, optional: false}") ==
        "security: {enabled: yes, optional: false}");
  CHECK(third("spec: {args: [-c, -jwt_issuer, portworx.com]}") ==
        "spec: {args: [-c, -jwt_issuer, portworx.com]}");
  CHECK(third("env:\n- name: x") == "env:");
  CHECK(third("ref: {secretKeyRef: {name: pxkeys, key: system-secret}}") ==
        "ref: {secretKeyRef: {name: pxkeys, key: system-secret}}");
}

TEST_CASE("an excerpt ends before the first value that may be a secret, and shows no comment") {
  const std::string secret(kCanary);
  CHECK(third("env: [{name: KEY, value: " + secret + "}]") == "env: [{name: KEY, value: ...");
  CHECK(third("name: stork # " + secret) == "name: stork");
  CHECK(third("name: \"st\\x6frk\" # " + secret) == "name: ...");
  CHECK(third("key: " + secret) == "key: ...");
  CHECK(third("data: {name: " + secret + "}") == "data: {name: ...");
  CHECK(third("annotations: {x: {name: " + secret + "}}") == "annotations: {x: {name: ...");
  CHECK(third("args: [-c, " + secret + "]") == "args: [-c, ...");
  CHECK(third("args: [-jwt_shared_secret, -" + secret + "]") == "args: [-jwt_shared_secret, ...");
  CHECK(third("args: [-jwt_shared_secret, -verysecret]") == "args: [-jwt_shared_secret, ...");
  CHECK(third("args: [--a=" + secret + "]") == "args: [ ...");
  CHECK(third("a: &" + secret + " {name: x}") == "a: ...");
  CHECK(third("a: !" + secret + " {name: x}") == "a: ...");
  CHECK(third("name: |\n  " + secret) == "name: ...");
  CHECK(third("a: {name: x, name: " + secret + ", name: y}").find(secret) == std::string::npos);
  CHECK(third("a: {value: " + secret + ", value: y}").find(secret) == std::string::npos);
  CHECK(third("a: 'x\n  " + secret + "'").find(secret) == std::string::npos);
}

TEST_CASE("the caret stands under the character that is meant, whatever its bytes are") {
  const manifest::ManifestSet set = set_of("{\"n\xc3\xa4me\": {name: x}}: y\n");
  const manifest::ManifestSet plain = set_of("n\xc3\xa4: {name: x}\n");
  const model::Object& object = plain.objects()[0];
  const auto mark = object.mark("/n\xc3\xa4/name");
  const auto excerpt = Excerpts(object).at(mark, plain.line("a.yaml", 3));
  REQUIRE(excerpt.has_value());
  CHECK(excerpt->text == "n?: {name: x}");
  CHECK(excerpt->text.size() > static_cast<std::size_t>(excerpt->caret));
}

TEST_CASE("text is ASCII of at most 100 columns") {
  const std::string wide(300, 'x');
  const manifest::ManifestSet set =
      set_of("metadata: {name: \"" + wide + "\\u00e9\\e[31m\", namespace: n}\n");
  rules::Finding finding = finding_at({"metadata", "name", wide});
  finding.why = wide + ' ' + wide;
  finding.fix = std::string(50, 'a') + ' ' + std::string(60, 'b');
  const std::string text = to_text(report_of(set, {finding}), {});
  for (const std::string_view line : split(text, '\n')) {
    CAPTURE(line);
    CHECK(line.size() <= kColumns);
    CHECK(printable(line, line.size()) == line);
    CHECK_FALSE(line.ends_with(' '));
  }
}

TEST_CASE("a report is grouped by object and ends with the counts") {
  const manifest::ManifestSet set = set_of("metadata: {name: it}\nspec: {a: 1}\n");
  rules::Finding warning = finding_at({"spec"});
  warning.severity = rules::Severity::Warning;
  const std::string text = to_text(report_of(set, {warning, finding_at({"metadata", "name"})}), {});
  CHECK(text.starts_with("2 problems in Thing it\n"));
  const std::size_t error = text.find("the message (error)\n  --> a.yaml:3:");
  const std::size_t second = text.find("the message (warning)\n  --> a.yaml:4:");
  CHECK(error < second);
  CHECK(second != std::string::npos);
  CHECK(text.find("  at    metadata.name\n  found this\n  want  that\n  why   ") !=
        std::string::npos);
  CHECK(text.ends_with("\n1 file, 1 object, 20 rules: 1 error, 1 warning\n"));
}

TEST_CASE("what could not be verified is never folded into a pass") {
  const manifest::ManifestSet set = set_of("metadata: {name: it}\n");
  Report report;
  policy::Verdict verdict;
  verdict.unverified.push_back({rules::catalogue().front(), "Secret ns/s"});
  report.add(set.objects()[0], verdict, [](std::string_view, int) { return ""; });
  report.finish(1, 1, 20);
  const std::string text = to_text(report, {});
  CHECK(text.find("not verified: " + std::string(rules::catalogue().front()->id) +
                  " Thing it needs Secret ns/s\n") != std::string::npos);
  CHECK(text.ends_with("1 file, 1 object, 20 rules: nothing wrong found, 1 unverified\n"));
  CHECK(text.find("Nothing wrong was found in what could be checked") != std::string::npos);
}

TEST_CASE("color is in the text only where it is asked for") {
  const manifest::ManifestSet set = set_of("metadata: {name: it}\n");
  const Report report = report_of(set, {finding_at({"metadata"})});
  CHECK(to_text(report, {}).find('\x1b') == std::string::npos);
  CHECK(to_text(report, {.color = Color::Always}).find("\x1b[1;31m") != std::string::npos);
}

TEST_CASE("JSON has every field of the schema, and escapes what a stranger chose") {
  const manifest::ManifestSet set(
      {{"\xff\x1b.yaml", "apiVersion: v1\nkind: Thing\nmetadata: {name: \"a\\e\\u00e9\\\"\"}\n"}},
      {});
  const std::string text = to_json(report_of(set, {finding_at({"metadata", "name"})}));
  CHECK(printable(text, text.size()).find('\x1b') == std::string::npos);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["schema"] == "pxguard.io/report/v1");
  for (const char* field : {"files", "objects", "rules", "errors", "warnings", "infos",
                            "unverified", "exceptions", "skipped"}) {
    CHECK(json["summary"][field].is_number());
  }
  for (const char* list : {"findings", "unverified", "skipped", "errors"})
    CHECK(json[list].is_array());
  const auto& finding = json["findings"][0];
  for (const char* field : {"rule", "name", "severity", "action", "file", "path", "pointer",
                            "message", "found", "want", "why", "fix", "docs"}) {
    CAPTURE(field);
    CHECK(finding[field].is_string());
  }
  CHECK(finding["line"] == 3);
  CHECK(finding["pointer"] == "/metadata/name");
  CHECK(finding["object"]["name"] == "a\x1b\xc3\xa9\"");
}

TEST_CASE("formats are told apart from the files that they go to") {
  const auto parsed = [](std::vector<std::string> formats) { return parse_outputs(formats); };
  CHECK(parsed({})->size() == 1);
  CHECK(parsed({"text", "json=a=b"})->at(1).file == "a=b");
  CHECK(parsed({"json=-"})->at(0).is_standard());
  CHECK_FALSE(parsed({"text", "json"}).has_value());
  CHECK_FALSE(parsed({"json=a", "text=a"}).has_value());
  CHECK_FALSE(parsed({"json="}).has_value());
  CHECK(parsed({"jsn"}).error().message == "unknown format \"jsn\"; did you mean \"json\"?");
  CHECK(parsed({"sarif"}).error().message == "unknown format \"sarif\"; there are text and json");
}

}  // namespace pxguard::report
