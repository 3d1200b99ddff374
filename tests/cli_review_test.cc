#include "cli/review.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace pxguard::cli {
namespace {

using nlohmann::json;

struct Said {
  int status;
  std::vector<std::string> answers;
  std::string err;
};

Said reviewed(const std::string& input, ReviewOptions options) {
  std::istringstream in(input);
  std::ostringstream out, err;
  const int status = review(options, {in, out, err, std::chrono::system_clock::time_point{}});
  Said said{status, {}, err.str()};
  const std::string text = out.str();
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) said.answers.emplace_back(line);
  }
  return said;
}

Said reviewed(const std::string& input) {
  return reviewed(input, {.paths = {"-"}, .policy = {}, .quiet = true});
}

std::string review_of(const std::string& uid, json object) {
  const json kind = object["kind"];
  return json{{"apiVersion", "admission.k8s.io/v1"},
              {"kind", "AdmissionReview"},
              {"request",
               {{"uid", uid},
                {"operation", "CREATE"},
                {"kind", {{"group", ""}, {"version", "v1"}, {"kind", kind}}},
                {"name", "it"},
                {"namespace", "kube-system"},
                {"userInfo", {{"username", "someone"}}},
                {"object", std::move(object)}}}}
      .dump();
}

std::string harmless(const std::string& uid) {
  return review_of(uid,
                   {{"apiVersion", "v1"},
                    {"kind", "ConfigMap"},
                    {"metadata", {{"name", "it"}, {"annotations", {{"text", "}{ \" \\ {"}}}}}});
}

// PX-Security by its JWT secret, without the system key: PXS101.
std::string bad(const std::string& uid) {
  const json key = {
      {"name", "PORTWORX_AUTH_JWT_SHAREDSECRET"},
      {"valueFrom", {{"secretKeyRef", {{"name", "pxkeys"}, {"key", "shared-secret"}}}}}};
  const json container = {
      {"name", "portworx"}, {"image", "portworx/oci-monitor:2.13.0"}, {"env", {key}}};
  return review_of(uid, {{"apiVersion", "apps/v1"},
                         {"kind", "DaemonSet"},
                         {"metadata", {{"name", "portworx"}, {"namespace", "kube-system"}}},
                         {"spec", {{"template", {{"spec", {{"containers", {container}}}}}}}}});
}

json response(const std::string& line) { return json::parse(line)["response"]; }

class File {
 public:
  File(const std::string& name, const std::string& text)
      : path_(std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + name)) {
    std::ofstream(path_) << text;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a review that is allowed is answered on one line with its uid") {
  const Said said = reviewed(harmless("u1"));
  CHECK(said.status == 0);
  CHECK(said.err.empty());
  REQUIRE(said.answers.size() == 1);
  CHECK(json::parse(said.answers[0])["kind"] == "AdmissionReview");
  CHECK(response(said.answers[0])["uid"] == "u1");
  CHECK(response(said.answers[0])["allowed"] == true);
}

TEST_CASE("a denied review ends with status 1, and the others are answered all the same") {
  const Said said = reviewed(bad("u1") + harmless("u2"));
  CHECK(said.status == 1);
  REQUIRE(said.answers.size() == 2);
  CHECK(response(said.answers[0])["allowed"] == false);
  CHECK(response(said.answers[0])["status"]["message"].get<std::string>().find("PXS101") !=
        std::string::npos);
  CHECK(response(said.answers[1])["uid"] == "u2");
}

TEST_CASE("reviews may stand one a line, side by side, or spread over lines") {
  const std::string pretty = json::parse(harmless("u3")).dump(2);
  const Said said =
      reviewed("\n" + harmless("u1") + harmless("u2") + "\n" + pretty + "\r\n" + harmless("u4"));
  CHECK(said.status == 0);
  REQUIRE(said.answers.size() == 4);
  CHECK(response(said.answers[2])["uid"] == "u3");
  CHECK(response(said.answers[3])["uid"] == "u4");
}

TEST_CASE("what is no review is said with its place, ends with status 3 and stops nothing") {
  const std::string cut = harmless("u2").substr(0, 60);
  const Said said = reviewed(harmless("u1") + "\n" + cut + "\n" + harmless("u3") +
                             "\n{\"kind\": \"Pod\"}\nwords\n");
  CHECK(said.status == 3);
  REQUIRE(said.answers.size() == 2);
  CHECK(response(said.answers[1])["uid"] == "u3");
  CHECK(said.err.find("stdin:2: ") != std::string::npos);
  CHECK(said.err.find("stdin:4: ") != std::string::npos);
  CHECK(said.err.find("stdin:5: ") != std::string::npos);
  CHECK(said.err.find("words") == std::string::npos);
}

TEST_CASE("a denial outranks a file that is no review, and nothing at all is no review") {
  CHECK(reviewed("words\n" + bad("u1")).status == 1);
  const Said nothing = reviewed(" \n");
  CHECK(nothing.status == 3);
  CHECK(nothing.err == "stdin: empty, want an AdmissionReview\n");
}

TEST_CASE(
    "files are read in the order of the command line, and one that is missing stops nothing") {
  const File first("first.json", harmless("u1"));
  const File second("second.json", harmless("u2"));
  const Said said = reviewed(
      "", {.paths = {second.path(), "/nonexistent", first.path()}, .policy = {}, .quiet = false});
  CHECK(said.status == 3);
  REQUIRE(said.answers.size() == 2);
  CHECK(response(said.answers[0])["uid"] == "u2");
  CHECK(said.err.find("/nonexistent: ") != std::string::npos);
  CHECK(said.err.find("review: 2 answered, 0 denied, 1 no review\n") != std::string::npos);
}

TEST_CASE("the policy decides, and a wrong one is wrong usage before anything is answered") {
  const File soft("soft.yaml",
                  "apiVersion: pxguard.io/v1alpha1\nkind: Policy\nrules: {PXS101: audit}\n");
  const Said allowed = reviewed(bad("u1"), {.paths = {"-"}, .policy = soft.path(), .quiet = true});
  REQUIRE(allowed.answers.size() == 1);
  const json answer = response(allowed.answers[0]);
  CHECK((!answer.contains("status") ||
         answer["status"]["message"].get<std::string>().find("PXS101") == std::string::npos));

  const File wrong("wrong.yaml", "apiVersion: pxguard.io/v1alpha1\nkind: Policy\nruls: {}\n");
  const Said refused = reviewed(bad("u1"), {.paths = {"-"}, .policy = wrong.path(), .quiet = true});
  CHECK(refused.status == 2);
  CHECK(refused.answers.empty());
  CHECK(refused.err == wrong.path() + ":3: unknown field \"ruls\"; did you mean \"rules\"?\n");
  CHECK(reviewed("", {.paths = {"-"}, .policy = "/nonexistent", .quiet = true}).status == 2);
}

TEST_CASE("no file is wrong usage") {
  CHECK(reviewed("", {.paths = {}, .policy = {}, .quiet = true}).status == 2);
}

}  // namespace pxguard::cli
