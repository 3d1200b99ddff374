// The words of the command line.
#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "base/text.h"
#include "cli/options.h"
#include "tests/support/contains.h"

namespace pxguard::cli {
namespace {

using test::contains;

Command parse(std::vector<std::string> words) { return parse_command_line(words); }

Answer answer(std::vector<std::string> words) {
  const Command command = parse(std::move(words));
  REQUIRE(std::holds_alternative<Answer>(command));
  return std::get<Answer>(command);
}

}  // namespace

TEST_CASE("audit takes a cluster and a context, and no paths") {
  const Command command =
      parse({"audit", "--cluster", "kube.yaml", "--context", "prod", "--export-facts", "facts.yaml",
             "--fail-on", "warning", "--format", "json", "--assume-security", "--timings"});
  REQUIRE(std::holds_alternative<AuditOptions>(command));
  const auto& options = std::get<AuditOptions>(command);
  CHECK(options.cluster == "kube.yaml");
  CHECK(options.context == "prod");
  CHECK(options.export_facts == "facts.yaml");
  CHECK(options.delivery.fail_on == FailOn::Warning);
  CHECK(options.delivery.formats == std::vector<std::string>{"json"});
  CHECK((options.assume_security && options.timings));
  CHECK(answer({"audit", "deploy/"}).status == 2);
  CHECK(answer({"audit", "--export-facts", ""}).status == 2);
}

TEST_CASE("check takes its flags and any number of paths") {
  const Command command = parse({"check",
                                 "a.yaml",
                                 "--format",
                                 "json=out",
                                 "--fail-on",
                                 "warning",
                                 "b",
                                 "--format",
                                 "text",
                                 "-",
                                 "--complete",
                                 "--assume-security",
                                 "--namespace=px",
                                 "--color",
                                 "never",
                                 "--quiet",
                                 "--timings",
                                 "--allow-empty",
                                 "--policy",
                                 "p.yaml"});
  REQUIRE(std::holds_alternative<CheckOptions>(command));
  const auto& options = std::get<CheckOptions>(command);
  CHECK(options.paths == std::vector<std::string>{"a.yaml", "b", "-"});
  CHECK(options.delivery.formats == std::vector<std::string>{"json=out", "text"});
  CHECK(options.delivery.fail_on == FailOn::Warning);
  CHECK(options.delivery.color == Color::Never);
  CHECK(options.default_namespace == "px");
  CHECK(options.policy == "p.yaml");
  CHECK((options.complete && options.assume_security && options.delivery.quiet && options.timings &&
         options.allow_empty));
}

TEST_CASE("check takes what is known besides the files") {
  const Command command = parse({"check", "a", "--against", "origin/main", "--facts=f.yaml",
                                 "--helm-values", "v.yaml", "--kubernetes-version", "1.31",
                                 "--portworx-version=3.1.0", "--stork-version", "24.3.0"});
  REQUIRE(std::holds_alternative<CheckOptions>(command));
  const auto& options = std::get<CheckOptions>(command);
  CHECK(options.against == "origin/main");
  CHECK(options.facts == "f.yaml");
  CHECK(options.helm_values == "v.yaml");
  CHECK(options.kubernetes_version == "1.31");
  CHECK(options.portworx_version == "3.1.0");
  CHECK(options.stork_version == "24.3.0");
  CHECK(options.paths == std::vector<std::string>{"a"});
}

TEST_CASE("an option of check whose variable was empty is wrong usage, not left out") {
  for (const char* option : {"--against", "--facts", "--helm-values", "--kubernetes-version",
                             "--portworx-version", "--stork-version"}) {
    CAPTURE(option);
    const Answer spaced = answer({"check", "a", option, ""});
    CHECK(spaced.status == 2);
    CHECK(contains(spaced.err, std::string(option) + " is empty"));
    CHECK(answer({"check", "a", std::string(option) + "="}).status == 2);
    CHECK(answer({"check", "a", option}).status == 2);
  }
}

TEST_CASE("after -- everything is a path") {
  CHECK(std::get<CheckOptions>(parse({"check", "a", "--", "--b"})).paths ==
        std::vector<std::string>{"a", "--b"});
}

TEST_CASE("the other commands take theirs") {
  CHECK(std::get<ReviewOptions>(parse({"review", "-", "--quiet"})).paths.size() == 1);
  CHECK(std::get<ExplainOptions>(parse({"explain", "pxs101"})).rule == "pxs101");
  CHECK(std::get<RulesOptions>(parse({"rules", "--format", "json"})).formats.size() == 1);
  CHECK(std::get<VersionOptions>(parse({"version", "--format", "json"})).format == "json");
  CHECK(std::holds_alternative<VersionOptions>(parse({"--version"})));
  CHECK(std::get<ServeOptions>(parse({"serve", "--cluster", "none"})).cluster == "none");
}

TEST_CASE("every command's help has an example and the exit status") {
  for (const char* name :
       {"check", "fix", "review", "serve", "audit", "explain", "rules", "webhooks", "version"}) {
    CAPTURE(name);
    const Answer help = answer({name, "--help"});
    CHECK(help.status == 0);
    CHECK(help.err.empty());
    CHECK(contains(help.out, "Example:\n  pxguard " + std::string(name)));
    CHECK(contains(help.out, "Exit status:"));
    for (const std::string_view line : split(help.out, '\n')) CHECK(line.size() <= 100);
    CHECK(contains(answer({"--help"}).out, name));
  }
}

TEST_CASE("wrong usage is status 2 and one plain sentence with a suggestion") {
  CHECK(answer({}).status == 2);
  CHECK(contains(answer({"chekc"}).err, "unknown command \"chekc\"; did you mean \"check\"?"));
  CHECK(contains(answer({"check", "--formt=json", "a"}).err,
                 "unknown option \"--formt\"; did you mean \"--format\"?"));
  CHECK(contains(answer({"check", "a", "--fail-on", "info"}).err,
                 "--fail-on takes error, warning, never, not \"info\""));
  CHECK(answer({"check", "a", "--format"}).status == 2);
  CHECK(answer({"explain"}).status == 2);
  CHECK(contains(answer({"rules", "PXS101"}).err, "does not know what to do with \"PXS101\""));
  CHECK(answer({"serve", "--tls-cert", "a"}).status == 2);
  for (const auto& words : {std::vector<std::string>{"chekc"}, {"check", "--x"}, {"explain"}}) {
    const Answer wrong = answer(words);
    CHECK(wrong.status == 2);
    CHECK(wrong.out.empty());
    CHECK_FALSE(wrong.err.empty());
  }
}

TEST_CASE("a word with control characters is not repeated as it is") {
  CHECK(contains(answer({"\x1b[31m"}).err, "\"?[31m\""));
}

}  // namespace pxguard::cli
