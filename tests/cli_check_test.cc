// pxguard check from files to exit status: every format, every outcome, and bad input.
#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <sys/wait.h>
#include <nlohmann/json.hpp>

#include "cli/check.h"
#include "tests/support/contains.h"
#include "tests/support/folder.h"
#include "tests/support/outcome.h"

namespace pxguard::cli {
namespace {

using test::contains;

namespace fs = std::filesystem;

using test::Folder;
using test::read;

Outcome run(const CheckOptions& options) { return outcome_of(check, options); }

Outcome run_on(std::vector<std::string> paths) {
  return run(CheckOptions{.paths = std::move(paths)});
}

constexpr std::string_view kGood =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fine, namespace: app}\ndata: {a: b}\n";

// PXS101: an issuer and a shared secret, but no system key.
constexpr std::string_view kBad = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: portworx
        image: portworx/oci-monitor:2.13.0
        args: [-c, cluster, -jwt_issuer, portworx.com]
        env:
        - name: PORTWORX_AUTH_JWT_SHAREDSECRET
          valueFrom: {secretKeyRef: {name: pxkeys, key: shared-secret}}
)";

struct Row {
  const char* name;
  int status;
  CheckOptions options;
};

std::vector<Row> rows(const Folder& folder) {
  const std::string good = folder.put("good.yaml", kGood);
  const std::string bad = folder.put("bad.yaml", kBad);
  const std::string broken = folder.put("broken.yaml", "a: [\n");
  const std::string policy = folder.put("policy.yaml", "apiVersion: wrong\n");
  const std::string missing = folder.path("missing.yaml");
  const std::string empty = folder.put("empty.yaml", "");
  return {
      {"fine", 0, {.paths = {good}}},
      {"findings", 1, {.paths = {good, bad}}},
      {"findings that are no matter", 0, {.paths = {bad}, .delivery = {.fail_on = FailOn::Never}}},
      {"not readable", 3, {.paths = {good, broken}}},
      {"missing", 3, {.paths = {good, missing}}},
      {"findings and not readable", 1, {.paths = {bad, broken}}},
      {"nothing to check", 3, {.paths = {empty}}},
      {"nothing to check, and that is fine", 0, {.paths = {empty}, .allow_empty = true}},
      {"no paths", 2, {}},
      {"wrong policy", 2, {.paths = {bad, broken}, .policy = policy}},
      {"missing policy", 2, {.paths = {good}, .policy = missing}},
  };
}

}  // namespace

TEST_CASE("the exit status does not depend on the format") {
  const Folder folder;
  for (Row& row : std::vector<Row>(rows(folder))) {
    CAPTURE(row.name);
    CHECK(run(row.options).status == row.status);
    for (const std::string& format : {std::string("text"), std::string("json"),
                                      "text=" + folder.path("out"), "json=" + folder.path("out")}) {
      CAPTURE(format);
      row.options.delivery.formats = {format};
      CHECK(run(row.options).status == row.status);
    }
    row.options.delivery.formats = {"text", "json=" + folder.path("out")};
    CHECK(run(row.options).status == row.status);
    row.options.delivery.formats = {"json", "json=/dev/null/out"};
    CHECK(run(row.options).status == (row.status == 2 ? 2 : 5));
  }
}

TEST_CASE("the program gives the same exit status, on stdout data and on stderr talk") {
  const fs::path program =
      fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "pxguard";
  if (!fs::exists(program)) {
    MESSAGE("skipped: the program pxguard is not built");
    return;
  }
  const Folder folder;
  for (const Row& row : rows(folder)) {
    for (const std::string format : {"text", "json"}) {
      CAPTURE(row.name);
      std::string command = program.string() + " check --format " + format;
      if (row.options.delivery.fail_on == FailOn::Never) command += " --fail-on never";
      if (row.options.allow_empty) command += " --allow-empty";
      if (!row.options.policy.empty()) command += " --policy " + row.options.policy;
      for (const std::string& path : row.options.paths) command += ' ' + path;
      const std::string out = folder.path("stdout");
      const int status =
          std::system((command + " >" + out + " 2>" + folder.path("stderr")).c_str());
      CHECK(WEXITSTATUS(status) == row.status);
      CHECK(read(out).empty() == (row.status == 2));
      if (format == "json" && row.status != 2) CHECK(nlohmann::json::accept(read(out)));
    }
  }
  const std::string good = folder.path("good.yaml");
  const auto shell = [&](const std::string& rest) {
    return WEXITSTATUS(std::system((program.string() + ' ' + rest).c_str()));
  };
  CHECK(shell("check - <" + folder.path("bad.yaml") + " >/dev/null") == 1);
  CHECK(shell("check " + good + " >/dev/full 2>/dev/null") == 5);
  CHECK(shell("chekc 2>/dev/null") == 2);
}

TEST_CASE("a finding is said with its place and an excerpt") {
  const Folder folder;
  const Outcome outcome = run_on({folder.put("px.yaml", kBad)});
  CHECK(contains(outcome.out, "in DaemonSet kube-system/portworx\n"));
  CHECK(contains(outcome.out, "PXS101 "));
  CHECK(contains(outcome.out, "px.yaml:12:9\n"));
  CHECK(contains(outcome.out, "  at    spec.template.spec.containers[portworx].env\n"));
  CHECK(contains(outcome.out, "1 file, 1 object, "));
  CHECK(outcome.err.empty());
}

TEST_CASE("without findings the report says so, and what it rests on") {
  const Folder folder;
  const Outcome outcome = run_on({folder.put("a.yaml", kGood)});
  CHECK(contains(outcome.out, "No Portworx, Stork or Autopilot is in these files"));
  CHECK(contains(outcome.out, "nothing wrong found"));
  CHECK(contains(run_on({folder.put("b.yaml", "# nothing\n")}).out,
                 "There was no Kubernetes object to check"));
}

TEST_CASE("two runs give the same bytes, whatever the order of the paths") {
  const Folder folder;
  const std::string a = folder.put("a.yaml", kBad);
  const std::string b = folder.put("b.yaml", std::string(kBad) + "---\n" + std::string(kGood));
  for (const char* format : {"text", "json"}) {
    const Outcome first = run({.paths = {a, b}, .delivery = {.formats = {format}}});
    CHECK(first.out == run({.paths = {b, a}, .delivery = {.formats = {format}}}).out);
  }
}

TEST_CASE("color, quiet and timings") {
  const Folder folder;
  const std::string bad = folder.put("bad.yaml", kBad);
  CHECK_FALSE(contains(run({.paths = {bad}}).out, "\x1b["));
  CHECK(contains(run({.paths = {bad}, .delivery = {.color = Color::Always}}).out, "\x1b["));
  const Outcome quiet = run({.paths = {bad}, .delivery = {.quiet = true}});
  CHECK_FALSE(contains(quiet.out, "not verified:"));
  CHECK(contains(quiet.out, "PXS101"));
  CHECK(contains(run({.paths = {bad}, .timings = true}).err, " ms\n"));
  const Outcome to_file =
      run({.paths = {bad}, .delivery = {.formats = {"json=" + folder.path("out")}}});
  CHECK(to_file.out.empty());
  CHECK(contains(to_file.err, "1 file, 1 object, "));
  CHECK(read(folder.path("out")).ends_with("}\n"));
}

TEST_CASE("--assume-security settles whether PX-Security is on") {
  const Folder folder;
  std::string maybe(kBad);
  maybe.replace(maybe.find(", -jwt_issuer, portworx.com"), 27, "");
  maybe.replace(maybe.find("key: shared-secret"), 18, "key: shared-secret, optional: true");
  const std::string file = folder.put("a.yaml", maybe);
  CHECK_FALSE(contains(run({.paths = {file}}).out, "PXS101 PX-Security"));
  CHECK(contains(run({.paths = {file}, .assume_security = true}).out, "PXS101 PX-Security"));
}

// --- bad input -----------------------------------------------------------------------------------

TEST_CASE("bad input is an error with its file and line, and the rest is checked") {
  const Folder folder;
  const std::string bomb =
      "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
      "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
      "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
  struct Input {
    const char* name;
    std::string content;
    const char* said;
  };
  const Input inputs[] = {
      {"not-yaml", "kind: [a, b\nfoo", "a.yaml:"},
      {"tab", "a:\n\tb: c\n", "a.yaml:2: "},
      {"template", "kind: A\n{{ if .Values.x }}\nb: c\n{{ end }}\n", "a.yaml:2: "},
      {"nul", std::string("a: b\nc: \0d\n", 11), "a.yaml:"},
      {"utf-8", "a: b\nc: \xff\xfe\n", "a.yaml:"},
      {"alias bomb", bomb, "a.yaml:"},
      {"deep", std::string(100'000, '['), "a.yaml:"},
      {"json", "{\"kind\": \"A\", \"b\": [}\n", "a.yaml:"},
  };
  folder.put("z.yaml", kBad);
  for (const Input& input : inputs) {
    CAPTURE(input.name);
    folder.put("a.yaml", input.content);
    const Outcome outcome = run_on({folder.path()});
    CHECK(outcome.status == 1);
    CHECK(contains(outcome.out, "not read: "));
    CHECK(contains(outcome.out, input.said));
    CHECK(contains(outcome.out, "PXS101"));
    CHECK(run_on({folder.path("a.yaml")}).status == 3);
  }
}

TEST_CASE("CRLF, a byte order mark and a missing final newline are no faults") {
  const Folder folder;
  std::string crlf;
  for (const char c : kBad) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  CHECK(contains(run_on({folder.put("a.yaml", crlf)}).out, "PXS101"));
  CHECK(contains(run_on({folder.put("b.yaml", "\xef\xbb\xbf" + std::string(kBad))}).out, "PXS101"));
  CHECK(run_on({folder.put("c.yaml", kGood.substr(0, kGood.size() - 1))}).status == 0);
}

TEST_CASE("links that lead nowhere or in a circle, and folders in place of files, stop nothing") {
  const Folder folder;
  folder.put("sub/z.yaml", kBad);
  fs::create_symlink("nowhere", folder.path("a.yaml"));
  fs::create_symlink("b.yaml", folder.path("b.yaml"));
  fs::create_directories(folder.path("c.yaml"));
  fs::create_directory_symlink("..", folder.path("sub/loop"));
  const Outcome outcome = run_on({folder.path()});
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.out, "a.yaml: cannot be read: a link that leads"));
  CHECK(contains(outcome.out, "b.yaml: cannot be read: links that lead in a circle"));
  CHECK(contains(outcome.out, "a link to a folder above it"));
  CHECK(contains(outcome.out, "PXS101"));
  CHECK(contains(outcome.out, "1 file, 1 object, "));
  CHECK(run_on({folder.path(), folder.path("sub/z.yaml")}).out == outcome.out);
}

TEST_CASE("a folder of a thousand files is checked whole") {
  const Folder folder;
  for (int i = 0; i < 1000; ++i)
    folder.put(fmt::format("{}/{}.yaml", i % 10, i), i == 500 ? kBad : kGood);
  const Outcome outcome = run_on({folder.path()});
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.out, "1000 files, 1000 objects, "));
}

TEST_CASE("an output that cannot be written is said, and the others are written") {
  const Folder folder;
  const Outcome outcome = run({.paths = {folder.put("a.yaml", kGood)},
                               .delivery = {.formats = {"json=/dev/null/x", "text"}}});
  CHECK(outcome.status == 5);
  CHECK(contains(outcome.err, "/dev/null/x: the report cannot be written: "));
  CHECK(contains(outcome.out, "1 file"));
}

TEST_CASE("names of files that a stranger chose cannot move the cursor") {
  const Folder folder;
  folder.put("a\x1b[2J\n\xff.yaml", "a: [\n");
  const Outcome outcome = run_on({folder.path()});
  CHECK(contains(outcome.out, "a?[2J??.yaml:"));
  CHECK_FALSE(contains(outcome.out, "\x1b"));
}

TEST_CASE("values are read beside the chart portworx, or where they are given by name") {
  const Folder folder;
  const std::string half =
      "security: {enabled: true, auth: {selfSigned: {issuer: login.example.com}}}\n";
  folder.put("portworx/Chart.yaml", "apiVersion: v1\nname: portworx\nversion: 9.1.1\n");
  const std::string values = folder.put("portworx/values-prod.yaml", half);
  folder.put("other/Chart.yaml", "apiVersion: v1\nname: other\nversion: 1.0.0\n");
  const std::string other = folder.put("other/values.yaml", half);
  CHECK(contains(run_on({folder.path("portworx")}).out, "PXS507"));
  CHECK(contains(run_on({values}).out, "PXS507"));
  CHECK_FALSE(contains(run_on({folder.path("other")}).out, "PXS507"));
  const Outcome given = run({.helm_values = other});
  CHECK(given.status == 1);
  CHECK(contains(given.out, "PXS507"));
  CHECK_FALSE(contains(given.out, "No Portworx"));
  CHECK(run({.helm_values = folder.path("nosuch")}).status == 3);
}

}  // namespace pxguard::cli
