// check --against: the manifests of before, from a folder or a git revision, make changes.
#include <doctest/doctest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/process.h"
#include "cli/check.h"
#include "tests/support/folder.h"

namespace pxguard::cli {
namespace {

using test::Folder;

struct Outcome {
  int status = 0;
  nlohmann::json report{};
  std::string err{};
};

Outcome check_against(std::vector<std::string> paths, const std::string& before) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = check({.paths = std::move(paths), .formats = {"json"}, .against = before},
                           {.out = out, .err = err, .now = {}});
  return {status, nlohmann::json::parse(out.str(), nullptr, false), err.str()};
}

// "PXS901 error" for each finding, in the order of the report.
std::vector<std::string> findings(const Outcome& outcome) {
  std::vector<std::string> found;
  for (const auto& finding : outcome.report["findings"]) {
    if (finding["severity"] == "info") continue;
    found.push_back(finding["rule"].get<std::string>() + ' ' +
                    finding["severity"].get<std::string>());
  }
  return found;
}

using Found = std::vector<std::string>;

// 64 characters that begin with a word.
std::string key(std::string text) {
  text += "-canary-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return text.substr(0, 64);
}

std::string keys(std::string_view system = "system", std::string_view annotations = "") {
  return "apiVersion: v1\nkind: Secret\nmetadata:\n  name: pxkeys\n  namespace: kube-system\n"
         "  annotations:\n    stork.libopenstorage.org/skip-resource: \"true\"\n" +
         std::string(annotations) + "stringData:\n  system-secret: " + key(std::string(system)) +
         "\n  stork-secret: " + key("apps") + "\n  shared-secret: " + key("shared") + "\n";
}

// Secured, with the keys of pxkeys.
std::string portworx(std::string_view image, std::string_view issuer = "portworx.com",
                     std::string_view labels = "") {
  return R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system, labels: {)" +
         std::string(labels) + R"(}}
spec:
  template:
    spec:
      containers:
      - name: portworx
        image: portworx/oci-monitor:)" +
         std::string(image) + R"(
        args: [-c, cluster, -jwt_issuer, )" +
         std::string(issuer) + R"(]
        env:
        - name: PORTWORX_AUTH_SYSTEM_KEY
          valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}
        - name: PORTWORX_AUTH_JWT_SHAREDSECRET
          valueFrom: {secretKeyRef: {name: pxkeys, key: shared-secret}}
)";
}

// Without its system key: PXS101, an error that gates upgrades.
std::string faulty_portworx(std::string_view image, std::string_view labels = "") {
  std::string text = portworx(image, "portworx.com", labels);
  const std::size_t at = text.find("        - name: PORTWORX_AUTH_SYSTEM_KEY");
  return text.erase(at, text.find("        - name: PORTWORX_AUTH_JWT") - at);
}

void git(const Folder& folder, std::vector<std::string> words) {
  std::vector<std::string> all = {
      "git", "-C", folder.path(), "-c", "user.name=test", "-c", "user.email=t@example.com"};
  all.insert(all.end(), words.begin(), words.end());
  const auto ran = run(all, "", 1 << 20);
  REQUIRE(ran.has_value());
  CAPTURE(ran->err);
  REQUIRE(ran->status == 0);
}

}  // namespace

TEST_CASE(
    "against a folder, a key that changes in place is found, with the way to say it is meant") {
  const Folder now;
  const Folder old;
  now.put("px.yaml", portworx("3.1.0"));
  old.put("px.yaml", portworx("3.1.0"));
  old.put("keys.yaml", keys());
  now.put("keys.yaml", keys("another"));
  const Outcome outcome = check_against({now.path()}, old.path());
  CHECK(outcome.status == 1);
  CHECK(findings(outcome) == Found{"PXS901 error"});
  now.put("keys.yaml", keys("another", "    pxguard.io/rotation: planned for tonight\n"));
  CHECK(findings(check_against({now.path()}, old.path())) == Found{"PXS901 warning"});
}

TEST_CASE("against a folder, what was there before is a warning until pods roll into it") {
  const Folder now;
  const Folder old;
  old.put("px.yaml", faulty_portworx("3.1.0"));
  now.put("px.yaml", faulty_portworx("3.1.0", "team: storage"));
  const Outcome unchanged = check_against({now.path()}, old.path());
  CHECK(unchanged.status == 0);
  CHECK(findings(unchanged) == Found{"PXS101 warning"});
  now.put("px.yaml", faulty_portworx("3.2.0"));
  const Outcome upgrade = check_against({now.path()}, old.path());
  CHECK(upgrade.status == 1);
  CHECK(findings(upgrade) == Found{"PXS101 error"});
}

TEST_CASE("what is gone is judged as deleted") {
  const Folder now;
  const Folder old;
  now.put("px.yaml", portworx("3.1.0"));
  old.put("px.yaml", portworx("3.1.0"));
  old.put("keys.yaml", keys());
  CHECK(findings(check_against({now.path()}, old.path())) == Found{"PXS903 error"});
}

TEST_CASE("against a git revision, renamed files are followed") {
  const Folder repository;
  git(repository, {"init", "-q"});
  repository.put("a/px.yaml", portworx("3.1.0"));
  repository.put("a/keys.yaml", keys());
  repository.put("notes.txt", "no manifest");
  git(repository, {"add", "-A"});
  git(repository, {"commit", "-q", "-m", "before"});
  git(repository, {"mv", "a", "b"});
  CHECK(findings(check_against({repository.path()}, "HEAD")).empty());
  repository.put("b/px.yaml", portworx("3.1.0", "other.example"));
  CHECK(findings(check_against({repository.path()}, "HEAD")) == Found{"PXS902 error"});
}

TEST_CASE("a single file is compared with itself at a revision") {
  const Folder repository;
  git(repository, {"init", "-q"});
  const std::string file = repository.put("px.yaml", portworx("3.1.0"));
  git(repository, {"add", "-A"});
  git(repository, {"commit", "-q", "-m", "before"});
  repository.put("px.yaml", portworx("3.1.0", "other.example"));
  CHECK(findings(check_against({file}, "HEAD")) == Found{"PXS902 error"});
}

TEST_CASE("two clusters in one repository are told apart by their files") {
  const Folder now;
  const Folder old;
  old.put("east/px.yaml", portworx("3.1.0", "east.example"));
  old.put("west/px.yaml", portworx("3.1.0", "west.example"));
  now.put("east/px.yaml", portworx("3.1.0", "east.example"));
  now.put("west/px.yaml", portworx("3.1.0", "west.example"));
  CHECK(findings(check_against({now.path()}, old.path())).empty());
  now.put("north/px.yaml", portworx("3.1.0", "east.example"));
  const Outcome outcome = check_against({now.path()}, old.path());
  CHECK(findings(outcome).empty());
  CHECK(outcome.report["unverified"].dump().find("several versions before") != std::string::npos);
}

TEST_CASE("what is neither a path nor a revision is wrong usage, and nothing is run by a shell") {
  const Folder now;
  now.put("px.yaml", portworx("3.1.0"));
  for (const std::string word : {"nosuch", "--output=x", "$(touch x)", "HEAD; touch x", "-"}) {
    CAPTURE(word);
    const Outcome outcome = check_against({now.path()}, word);
    CHECK(outcome.status == 2);
    CHECK(outcome.err.find("--against") != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(now.path("x")));
}

TEST_CASE("an old manifest that cannot be read is said") {
  const Folder now;
  const Folder old;
  now.put("px.yaml", portworx("3.1.0"));
  old.put("px.yaml", "a: [\n");
  const Outcome outcome = check_against({now.path()}, old.path());
  CHECK(outcome.status == 3);
  CHECK(outcome.report["errors"].dump().find("before the change") != std::string::npos);
}

}  // namespace pxguard::cli
