// pxguard fix from files to exit status.
#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>

#include <nlohmann/json.hpp>

#include "base/file_system.h"
#include "base/text.h"
#include "cli/fix.h"
#include "tests/support/contains.h"
#include "tests/support/examples.h"
#include "tests/support/folder.h"
#include "tests/support/outcome.h"

namespace pxguard::cli {
namespace {

using test::contains;

using test::Folder;
using test::read;

Outcome run(const FixOptions& options) { return outcome_of(fix, options); }

Outcome run_on(const std::string& path, bool write = false) {
  return run({.check = {.paths = {path}}, .write = write});
}

// PXS106: an optional reference. The literal beside it is nobody's business.
constexpr std::string_view kBad = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: portworx
        image: portworx/oci-monitor:3.1.0
        args: ["-c", "px", "-jwt_issuer", "example.com"] # canary-comment
        env:
        - name: OTHER
          value: canary-literal
        - name: PORTWORX_AUTH_SYSTEM_KEY
          valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret, optional: true}}
        - name: PORTWORX_AUTH_JWT_SHAREDSECRET
          valueFrom: {secretKeyRef: {name: pxkeys, key: shared-secret}}
)";

std::string mended() {
  std::string text(kBad);
  const std::string_view part = ", optional: true";
  return text.erase(text.find(part), part.size());
}

TEST_CASE("without --write the change is shown, and nothing is written") {
  const Folder folder;
  const std::string file = folder.put("px.yaml", kBad);
  const Outcome outcome = run_on(file);
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.out, "--- " + file + "\n+++ " + file + "\n@@ -12,6 +12,6 @@\n"));
  CHECK(
      contains(outcome.out,
               "-          valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret, optional: "
               "true}}\n"
               "+          valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}\n"));
  CHECK(contains(outcome.err, "1 problem can be mended in 1 file, 0 left; nothing was written"));
  CHECK(read(file) == kBad);
}

TEST_CASE("--write changes the file, once") {
  const Folder folder;
  const std::string file = folder.put("px.yaml", kBad);
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  const Outcome outcome = run_on(file, true);
  CHECK(outcome.status == 0);
  CHECK(outcome.out.empty());
  CHECK(contains(outcome.err, "mended: PXS106 DaemonSet kube-system/portworx ("));
  CHECK(read(file) == mended());
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
  CHECK(contains(run_on(file, true).err, "nothing to change; 0 left"));
  CHECK(read(file) == mended());
  // No file is left beside it.
  CHECK(list_folder(folder.path()).value().size() == 1);
}

TEST_CASE("no literal and no comment is in what is said") {
  const Folder folder;
  const std::string file = folder.put("px.yaml", kBad);
  for (const bool write : {false, true}) {
    const Outcome outcome = run_on(file, write);
    CHECK_FALSE(contains(outcome.out + outcome.err, "canary"));
    if (!write) CHECK(contains(outcome.out, "           value: ...\n"));
  }
}

TEST_CASE("no key and no token of any example is in what is said, whatever is asked for") {
  int said = 0;
  for (const test::Example& example : test::examples()) {
    CAPTURE(example.file);
    const Folder folder;
    const std::string file = folder.put("a.yaml", example.text);
    for (const FixOptions& options : {FixOptions{.check = {.paths = {file}}},
                                      FixOptions{.check = {.paths = {file}}, .rules = {"PXS105"}},
                                      FixOptions{.check = {.paths = {file}}, .enable = true}}) {
      const Outcome outcome = run(options);
      said += outcome.out.empty() ? 0 : 1;
      CHECK_FALSE(contains_in_any_case(outcome.out + outcome.err, "canary"));
      CHECK_FALSE(contains(outcome.out + outcome.err, "eyJ"));
    }
  }
  CHECK(said > 100);
}

TEST_CASE("links and files with several names are not written") {
  const Folder folder;
  const std::string file = folder.put("px.yaml", kBad);
  const std::string link = folder.path("link.yaml");
  std::filesystem::create_symlink(file, link);
  const Outcome by_link = run_on(link, true);
  CHECK(by_link.status == 1);
  CHECK(contains(by_link.err, "not written: a link: give the file that it leads to"));
  CHECK(std::filesystem::is_symlink(link));
  std::filesystem::create_hard_link(file, folder.path("hard.yaml"));
  CHECK(contains(run_on(file, true).err, "not written: the file has several names"));
  CHECK(read(file) == kBad);
}

TEST_CASE("a file that changed meanwhile is not overwritten") {
  const Folder folder;
  const std::string file = folder.put("a", "one");
  CHECK(replace_file(file, "two", "three").error().message == "the file was changed meanwhile");
  CHECK(replace_file(file, "one", "three").has_value());
  CHECK(read(file) == "three");
}

TEST_CASE("what has no single right repair is listed with its why, and with its status") {
  const Folder folder;
  const std::string file = folder.put(
      "sc.yaml",
      "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: portworx, namespace: kube-system}\n"
      "spec:\n  template:\n    spec:\n      containers:\n      - name: portworx\n"
      "        image: portworx/oci-monitor:3.1.0\n        args: [\"-c\", \"px\"]\n        env:\n"
      "        - name: PORTWORX_AUTH_SYSTEM_KEY\n"
      "          valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}\n"
      "        - name: PORTWORX_AUTH_JWT_SHAREDSECRET\n"
      "          valueFrom: {secretKeyRef: {name: pxkeys, key: shared-secret}}\n");
  const Outcome outcome =
      run({.check = {.paths = {file}, .delivery = {.fail_on = FailOn::Warning}}});
  CHECK(outcome.status == 1);
  CHECK(outcome.out.empty());
  CHECK(contains(outcome.err, "left: PXS301 DaemonSet kube-system/portworx ("));
  CHECK(contains(outcome.err, "no single repair is right: "));
}

TEST_CASE("templates of charts and patches of kustomizations get advice") {
  const Folder folder;
  folder.put("chart/Chart.yaml", "apiVersion: v2\nname: mine\n");
  folder.put("chart/templates/px.yaml", kBad);
  folder.put("k/kustomization.yaml", "patches:\n- path: patch.yaml\n");
  folder.put("k/patch.yaml", kBad);
  const Outcome outcome = run_on(folder.path(), true);
  CHECK(contains(outcome.err, "a template of a chart"));
  CHECK(contains(outcome.err, "a patch of a kustomization"));
  CHECK(read(folder.path("chart/templates/px.yaml")) == kBad);
  CHECK(read(folder.path("k/patch.yaml")) == kBad);
}

TEST_CASE("check says that fix can do it, and with which patch") {
  const Folder folder;
  const std::string file = folder.put("px.yaml", kBad);
  const auto checked = [&file](const std::string& format) {
    std::ostringstream out;
    std::ostringstream err;
    check({.paths = {file}, .delivery = {.formats = {format}}},
          {.out = out, .err = err, .now = {}});
    return out.str();
  };
  CHECK(contains(checked("text"), "Or run: pxguard fix"));
  const auto report = nlohmann::json::parse(checked("json"));
  CHECK(report["findings"][0]["patch"].dump() ==
        R"([{"op":"test","path":"/spec/template/spec/containers/0/env/1/name","value":)"
        R"("PORTWORX_AUTH_SYSTEM_KEY"},{"op":"remove","path":)"
        R"("/spec/template/spec/containers/0/env/1/valueFrom/secretKeyRef/optional"}])");
  CHECK_FALSE(contains(report.dump(), "canary"));
}

TEST_CASE("a class that is mended has to be made anew, which is said") {
  const Folder folder;
  const std::string file = folder.put(
      "px.yaml",
      "apiVersion: core.libopenstorage.org/v1\nkind: StorageCluster\n"
      "metadata: {name: px, namespace: portworx}\nspec:\n  image: portworx/oci-monitor:3.1.0\n"
      "  security: {enabled: true}\n---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\n"
      "metadata: {name: c}\nprovisioner: pxd.portworx.com\nparameters: {repl: \"2\"}\n");
  const Outcome outcome = run_on(file, true);
  CHECK(contains(read(file), "parameters: {repl: \"2\", csi.storage.k8s.io/"));
  CHECK(contains(outcome.err, "delete each class and apply"));
}

TEST_CASE("--format json has all of it for programs, and no key") {
  const Folder folder;
  const std::string file = folder.put("px.yaml", kBad);
  const Outcome outcome = run({.check = {.paths = {file}, .delivery = {.formats = {"json"}}}});
  CHECK(outcome.err.empty());
  CHECK_FALSE(contains(outcome.out, "canary"));
  const auto report = nlohmann::json::parse(outcome.out);
  CHECK(report["schema"] == "pxguard.io/fix/v1");
  CHECK(report["written"] == false);
  CHECK(report["mended"][0]["rule"] == "PXS106");
  CHECK(report["mended"][0]["line"] == 15);
  CHECK(report["left"].empty());
  CHECK(report["files"][0]["file"] == file);
  CHECK(report["files"][0]["cut"] == true);
  const std::string diff = report["files"][0]["diff"];
  CHECK(contains(diff,
                 "\n+          valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}\n"));
  const std::string beside = folder.path("report.json");
  const Outcome both =
      run({.check = {.paths = {file}, .delivery = {.formats = {"text", "json=" + beside}}},
           .write = true});
  CHECK(contains(both.err, "1 problem mended"));
  CHECK(nlohmann::json::parse(read(beside))["files"][0]["written"] == true);
}

TEST_CASE("wrong usage is said") {
  CHECK(run({}).status == 2);
  CHECK(run({.check = {.paths = {"x"}}, .rules = {"PXS999"}}).status == 2);
  CHECK(run({.check = {.paths = {"x"}}, .write = true, .diff = true}).status == 2);
  CHECK(run_on("/nonexistent/x.yaml").status == 3);
}

TEST_CASE("--rule mends that rule alone") {
  const Folder folder;
  const std::string file = folder.put("px.yaml", kBad);
  CHECK(run({.check = {.paths = {file}}, .rules = {"PXS302"}}).out.empty());
  CHECK_FALSE(run({.check = {.paths = {file}}, .rules = {"optional-key-reference"}}).out.empty());
}

}  // namespace
}  // namespace pxguard::cli
