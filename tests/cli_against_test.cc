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
  const int status =
      check({.paths = std::move(paths), .against = before, .delivery = {.formats = {"json"}}},
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
  // A third one is new, whatever the others say.
  now.put("north/px.yaml", portworx("3.1.0", "north.example"));
  const Outcome third = check_against({now.path()}, old.path());
  CHECK(findings(third).empty());
  CHECK(third.report["unverified"].dump().find("several versions before") == std::string::npos);
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

TEST_CASE("which of several objects a renamed one was is not guessed") {
  const Folder now;
  const Folder old;
  old.put("east/px.yaml", portworx("3.1.0", "east.example"));
  old.put("west/px.yaml", portworx("3.1.0", "west.example"));
  now.put("a/px.yaml", portworx("3.1.0", "west.example"));
  now.put("b/px.yaml", portworx("3.1.0", "east.example"));
  const Outcome outcome = check_against({now.path()}, old.path());
  CHECK(findings(outcome).empty());
  CHECK(outcome.report["unverified"].dump().find("several versions before") != std::string::npos);
}

TEST_CASE("whoever changes one half of a pair is told on the other, as an error") {
  const Folder now;
  const Folder old;
  const std::string stork = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: stork, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: stork
        image: openstorage/stork:24.3.0
        command: [/stork, --driver=pxd]
        env:
        - {name: PX_JWT_ISSUER, value: apps.portworx.io}
        - name: PX_SHARED_SECRET
          valueFrom: {secretKeyRef: {name: pxkeys, key: stork-secret}}
)";
  const std::string apps_key =
      "        - name: PORTWORX_AUTH_SYSTEM_APPS_KEY\n"
      "          valueFrom: {secretKeyRef: {name: pxkeys, key: ";
  const std::string same = portworx("3.1.0") + apps_key + "stork-secret}}\n";
  const std::string moved = portworx("3.1.0") + apps_key + "rotated-secret}}\n";
  for (const Folder* folder : {&now, &old}) {
    folder->put("stork.yaml", stork);
    folder->put("keys.yaml", keys() + "  rotated-secret: " + key("rotated") + "\n");
  }
  old.put("px.yaml", same);
  now.put("px.yaml", moved);
  const Outcome apart = check_against({now.path()}, old.path());
  CHECK(findings(apart) == Found{"PXS202 error"});
  CHECK(apart.status == 1);
  // What was apart before is a warning: nobody made it worse.
  old.put("px.yaml", moved);
  CHECK(findings(check_against({now.path()}, old.path())) == Found{"PXS202 warning"});
}

TEST_CASE("of several clusters the old faults of each are its own") {
  const Folder now;
  const Folder old;
  for (const Folder* folder : {&now, &old}) {
    folder->put("east/px.yaml", faulty_portworx("3.1.0"));
    folder->put("west/px.yaml", portworx("3.1.0"));
  }
  CHECK(findings(check_against({now.path()}, old.path())) == Found{"PXS101 warning"});
  now.put("west/px.yaml", faulty_portworx("3.1.0"));
  CHECK(findings(check_against({now.path()}, old.path())) ==
        Found{"PXS101 warning", "PXS101 error"});
}

TEST_CASE("what is gone from one cluster is not there because another one has it") {
  const Folder now;
  const Folder old;
  for (const std::string cluster : {"east", "west"}) {
    for (const Folder* folder : {&now, &old}) {
      folder->put(cluster + "/px.yaml", portworx("3.1.0"));
      folder->put(cluster + "/keys.yaml", keys());
    }
  }
  std::filesystem::remove(now.path("east/keys.yaml"));
  const Outcome outcome = check_against({now.path()}, old.path());
  CHECK(outcome.report["unverified"].dump().find("gone from its cluster") != std::string::npos);
  // Without the other one there is no doubt, and east's own Portworx is the one that needs it.
  std::filesystem::remove(now.path("west/keys.yaml"));
  CHECK(findings(check_against({now.path()}, old.path())) == Found{"PXS903 error", "PXS903 error"});
}

TEST_CASE("a file that cannot be read any more has not deleted what was in it") {
  const Folder now;
  const Folder old;
  now.put("px.yaml", portworx("3.1.0"));
  old.put("px.yaml", portworx("3.1.0"));
  old.put("keys.yaml", keys());
  now.put("keys.yaml", "a: [\n");
  const Outcome outcome = check_against({now.path()}, old.path());
  CHECK(findings(outcome).empty());
  CHECK(outcome.status == 3);
  CHECK(outcome.report["unverified"].dump().find("can be read") != std::string::npos);
}

TEST_CASE("a namespace that is written down at last makes no other object") {
  const Folder now;
  const Folder old;
  now.put("px.yaml", portworx("3.1.0"));
  old.put("px.yaml", portworx("3.1.0"));
  now.put("keys.yaml", keys("another"));
  std::string unset = keys();
  unset.erase(unset.find("  namespace: kube-system\n"), 25);
  old.put("keys.yaml", unset);
  const Outcome outcome = check_against({now.path()}, old.path());
  CHECK(findings(outcome).empty());
  CHECK(outcome.report["unverified"].dump().find("several versions before") != std::string::npos);
}

TEST_CASE("files that are given one by one are compared each with itself") {
  const Folder repository;
  git(repository, {"init", "-q"});
  const std::string east = repository.put("east.yaml", portworx("3.1.0", "east.example"));
  const std::string west = repository.put("west.yaml", portworx("3.1.0", "west.example"));
  git(repository, {"add", "-A"});
  git(repository, {"commit", "-q", "-m", "before"});
  CHECK(findings(check_against({east, west}, "HEAD")).empty());
  CHECK(findings(check_against({west, east}, "HEAD")).empty());
  // With the folder around them as well, everything is read once.
  CHECK(findings(check_against({repository.path(), west}, "HEAD")).empty());
}

TEST_CASE("a folder that is gone as a whole is judged as deleted") {
  const Folder repository;
  git(repository, {"init", "-q"});
  repository.put("px/px.yaml", portworx("3.1.0"));
  repository.put("px/NOTES.md", "a: [\n");
  repository.put("keys/keys.yaml", keys());
  repository.put("keys/README.md", "a: [\n");
  git(repository, {"add", "-A"});
  git(repository, {"commit", "-q", "-m", "before"});
  std::filesystem::remove_all(repository.path("keys"));
  const Outcome outcome = check_against({repository.path("px"), repository.path("keys")}, "HEAD");
  CHECK(findings(outcome) == Found{"PXS903 error"});
  // That there is no such path now is said once, and README.md is no manifest.
  CHECK(outcome.report["errors"].size() == 1);
}

TEST_CASE("a patch that is read in neither version is not deleted") {
  const Folder repository;
  git(repository, {"init", "-q"});
  const std::string px = repository.put("px.yaml", portworx("3.1.0"));
  const std::string patch = repository.put("keys.yaml", keys());
  repository.put("kustomization.yaml", "patches: [{path: keys.yaml}]\n");
  git(repository, {"add", "-A"});
  git(repository, {"commit", "-q", "-m", "before"});
  CHECK(findings(check_against({px, patch}, "HEAD")).empty());
}

TEST_CASE("standard input is in no revision, and a revision without these files is said") {
  const Outcome outcome = check_against({"-"}, "HEAD");
  CHECK(outcome.status == 2);
  CHECK(outcome.err.find("standard input") != std::string::npos);
  const Folder repository;
  git(repository, {"init", "-q"});
  repository.put("notes.txt", "");
  git(repository, {"add", "-A"});
  git(repository, {"commit", "-q", "-m", "before"});
  repository.put("px.yaml", portworx("3.1.0"));
  const Outcome all_new = check_against({repository.path()}, "HEAD");
  CHECK(all_new.status == 0);
  CHECK(all_new.report["unverified"].dump().find("holds no object") != std::string::npos);
}

TEST_CASE("what is gone goes by the name that it would have now") {
  const Folder now;
  const Folder old;
  now.put("east/px.yaml", portworx("3.1.0"));
  old.put("east/px.yaml", portworx("3.1.0"));
  old.put("east/keys.yaml", keys());
  const Outcome outcome = check_against({now.path() + "/"}, old.path() + "/.");
  REQUIRE(outcome.report["findings"].size() == 1);
  CHECK(outcome.report["findings"][0]["file"] == now.path("east/keys.yaml"));
}

TEST_CASE("one file is compared with another of any name") {
  const Folder folder;
  const std::string now = folder.put("rendered.yaml", portworx("3.1.0", "other.example"));
  const std::string before = folder.put("main.yaml", portworx("3.1.0"));
  CHECK(findings(check_against({now}, before)) == Found{"PXS902 error"});
}

TEST_CASE("values of the chart are compared with those of before") {
  const Folder repository;
  git(repository, {"init", "-q"});
  // One field of three: the chart drops all of them, PXS507.
  const std::string faulty =
      "security: {enabled: true, auth: {selfSigned: {issuer: portworx.io}}}\n";
  const std::string values = repository.put("px-values.yaml", faulty);
  git(repository, {"add", "-A"});
  git(repository, {"commit", "-q", "-m", "before"});
  const auto check_values = [&](const std::string& before) {
    std::ostringstream out;
    std::ostringstream err;
    const int status =
        check({.against = before, .helm_values = values, .delivery = {.formats = {"json"}}},
              {.out = out, .err = err, .now = {}});
    return Outcome{status, nlohmann::json::parse(out.str(), nullptr, false), err.str()};
  };
  CHECK(findings(check_values("HEAD")) == Found{"PXS507 warning"});
  CHECK(findings(check_values(values)) == Found{"PXS507 warning"});
  CHECK(check_values("no-such-revision").status == 2);
  const std::string good = repository.put("old.yaml", "security: {enabled: true}\n");
  CHECK(findings(check_values(good)) == Found{"PXS507 error"});
}

}  // namespace pxguard::cli
