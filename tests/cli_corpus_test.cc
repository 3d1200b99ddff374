// Over real manifests with careful labels: no false alarm, and what is found against what is
// expected. They are no part of the project: PXGUARD_CORPUS names their folder, with expected.tsv
// and INDEX.tsv in it, else they lie beside the checkout; where they do not, these tests are
// skipped and say so. PXGUARD_TABLE=1 prints the table of the result.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/manifest/collect.h"
#include "cli/manifest/manifest_set.h"
#include "rules/policy/evaluate.h"
#include "tests/support/corpus.h"
#include "webhook/admit.h"

using namespace pxguard;

namespace {

const std::filesystem::path kCorpus = test::corpus();

// Tokens in the corpus expire: the labels are of about this time.
constexpr std::chrono::system_clock::time_point kNow =
    std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

bool has_corpus(const char* name) {
  if (!test::has_corpus(name)) return false;
  REQUIRE(std::filesystem::exists(kCorpus / "expected.tsv"));
  return true;
}

// A file without any of these has nothing to do with Portworx.
constexpr std::string_view kWords[] = {"portworx", "pxd",   "stork",           "openstorage",
                                       "px-",      "pxctl", "external-storage"};

struct Row {
  std::string file, object, verdict, reason;
  std::set<std::string> expected;  // "PXS101:error"
};

bool is_built(const std::string& expectation) {
  return rules::find_rule(std::string_view(expectation).substr(0, 6)) != nullptr;
}

std::vector<Row> rows() {
  std::ifstream table(kCorpus / "expected.tsv");
  std::vector<Row> rows;
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    const auto cells = split(line, '\t');
    REQUIRE(cells.size() == 5);
    Row row{std::string(cells[0]),
            std::string(cells[1]),
            std::string(cells[2]),
            std::string(cells[3]),
            {}};
    for (const std::string_view word : split(cells[4], ',')) {
      const std::string expectation(trim(word));
      if (expectation.starts_with("PXS") && is_built(expectation)) row.expected.insert(expectation);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string label_of(const model::Object& object) {
  return object.id().kind + '/' + object.id().ns + '/' + object.id().name;
}

// Errors and warnings of one file checked alone, by object.
std::map<std::string, std::set<std::string>> findings_of(const std::string& file) {
  const std::vector<std::string> paths = {(kCorpus / file).string()};
  const auto set = manifest::ManifestSet::of(manifest::collect(paths), {});
  std::map<std::string, std::set<std::string>> found;
  for (const model::Object& object : set.objects()) {
    auto& of_object = found[label_of(object)];
    const auto verdict =
        evaluate({.object = object}, set, policy::Policy::defaults(), kNow, policy::Mode::Check);
    for (const policy::Judged& judged : verdict.findings) {
      if (judged.finding.severity == rules::Severity::Info) continue;
      of_object.insert(std::string(judged.rule->id) + ':' +
                       std::string(rules::to_string(judged.finding.severity)));
    }
  }
  return found;
}

std::string text_of(const std::set<std::string>& words) {
  return words.empty() ? "-" : join(std::vector<std::string>(words.begin(), words.end()), ",");
}

}  // namespace

TEST_CASE("no object that is labelled ok or not-applicable gets an error") {
  if (!has_corpus("no object that is labelled ok or not-applicable gets an error")) return;
  for (const Row& row : rows()) {
    if (row.verdict != "ok" && row.verdict != "not-applicable") continue;
    const auto found = findings_of(row.file);
    const auto of_object = found.find(row.object);
    if (of_object == found.end()) continue;
    for (const std::string& finding : of_object->second) {
      CHECK_MESSAGE(!finding.ends_with(":error"), row.file, " ", row.object, " ", finding);
    }
  }
}

namespace {

// PXS2 of "PXS202:error": rules of one hundred make a family.
struct Score {
  std::size_t expected = 0, found = 0, both = 0;
};

std::string percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? "-" : std::to_string(100 * part / whole) + " %";
}

void print(const std::map<std::string, Score>& families) {
  std::cout << "family expected found both precision recall\n";
  for (const auto& [family, score] : families) {
    std::cout << family << "xx " << score.expected << ' ' << score.found << ' ' << score.both << ' '
              << percent(score.both, score.found) << ' ' << percent(score.both, score.expected)
              << '\n';
  }
}

// What we say otherwise than the labels, each with the argument: file, object, found, expected.
std::map<std::string, std::string> argued_differences() {
  std::ifstream table(std::filesystem::path(PXGUARD_SOURCE_DIR) / "tests" / "golden" /
                      "corpus_differences.tsv");
  std::map<std::string, std::string> argued;
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    const std::size_t last = line.rfind('\t');
    REQUIRE(last != std::string::npos);
    argued[line.substr(0, last)] = line.substr(last + 1);
  }
  return argued;
}

}  // namespace

namespace {

// What is found on objects that nobody has labelled, as differences from the label "none".
std::set<std::string> unlabelled_findings(const std::set<std::string>& labelled) {
  std::set<std::string> differences;
  std::ifstream index(kCorpus / "INDEX.tsv");
  std::string line;
  std::getline(index, line);
  while (std::getline(index, line)) {
    const std::string file(split(line, '\t').front());
    for (const auto& [object, found] : findings_of(file)) {
      if (found.empty() || labelled.contains(file + '\t' + object)) continue;
      differences.insert(file + '\t' + object + '\t' + text_of(found) + "\tnone");
    }
  }
  return differences;
}

}  // namespace

TEST_CASE("what the labels expect is found, and every difference is argued") {
  if (!has_corpus("what the labels expect is found, and every difference is argued")) return;
  auto argued = argued_differences();
  std::map<std::string, Score> families;
  std::set<std::string> labelled;
  for (const Row& row : rows()) {
    labelled.insert(row.file + '\t' + row.object);
    const auto found = findings_of(row.file);
    const auto of_object = found.find(row.object);
    const std::set<std::string> none;
    const std::set<std::string>& got = of_object == found.end() ? none : of_object->second;
    const bool is_off = row.reason.starts_with("[security-off]");
    const std::string apart = is_off ? "security-off " : "";
    for (const std::string& expectation : row.expected) {
      Score& score = families[apart + expectation.substr(0, 4)];
      ++score.expected;
      score.both += got.count(expectation);
    }
    for (const std::string& finding : got) ++families[apart + finding.substr(0, 4)].found;
    if (got == row.expected) continue;
    const std::string difference =
        row.file + '\t' + row.object + '\t' + text_of(got) + '\t' + text_of(row.expected);
    CHECK_MESSAGE(argued.erase(difference) == 1, difference);
  }
  for (const std::string& difference : unlabelled_findings(labelled)) {
    CHECK_MESSAGE(argued.erase(difference) == 1, difference);
  }
  for (const auto& row : argued) CHECK_MESSAGE(false, "no longer so: ", row.first);
  if (std::getenv("PXGUARD_TABLE") != nullptr) print(families);
}

TEST_CASE("files that are not about Portworx get no finding and no unverified line") {
  if (!has_corpus("files that are not about Portworx get no finding and no unverified line"))
    return;
  std::ifstream index(kCorpus / "INDEX.tsv");
  std::string line;
  std::size_t files = 0;
  while (std::getline(index, line)) {
    const auto cells = split(line, '\t');
    if (cells.size() < 7 || cells[6] != "other") continue;
    const std::vector<std::string> paths = {(kCorpus / std::string(cells[0])).string()};
    const auto text = read_file(paths.front(), limits::kYamlFile);
    REQUIRE(text.has_value());
    const std::string small = lower(*text);
    const bool is_about_it =
        std::any_of(std::begin(kWords), std::end(kWords),
                    [&](std::string_view word) { return small.find(word) != std::string::npos; });
    if (is_about_it) continue;
    ++files;
    const auto set = manifest::ManifestSet::of(manifest::collect(paths), {});
    for (const model::Object& object : set.objects()) {
      const auto verdict =
          evaluate({.object = object}, set, policy::Policy::defaults(), {}, policy::Mode::Check);
      for (const policy::Judged& judged : verdict.findings)
        CHECK_MESSAGE(false, cells[0], " ", judged.rule->id, " ", judged.message());
      for (const rules::RuleUnverified& unverified : verdict.unverified)
        CHECK_MESSAGE(false, cells[0], " ", unverified.rule->id, " ", unverified.needs);
    }
  }
  CHECK(files > 100);
  if (std::getenv("PXGUARD_TABLE") != nullptr)
    std::cout << "not about Portworx: " << files << " files\n";
}

TEST_CASE("a request gets the verdict that check gives to the manifest that it was made from") {
  if (!has_corpus(
          "a request gets the verdict that check gives to the manifest that it was made from"))
    return;
  std::ifstream index(kCorpus / "admission" / "INDEX.tsv");
  std::string line;
  std::getline(index, line);
  std::size_t compared = 0;
  while (std::getline(index, line)) {
    const auto cells = split(line, '\t');
    REQUIRE(cells.size() >= 7);
    // With a note the request is not the same object: pruned, converted or changed.
    // The operator is never refused.
    if (cells[5] == "operator") continue;
    if (cells[3] != "CREATE" || (cells.size() > 7 && !trim(cells[7]).empty())) continue;
    const std::vector<std::string> paths = {(kCorpus / std::string(cells[1])).string()};
    const auto set = manifest::ManifestSet::of(manifest::collect(paths), {});
    const auto wanted =
        std::find_if(set.objects().begin(), set.objects().end(),
                     [&](const model::Object& object) { return label_of(object) == cells[2]; });
    if (wanted == set.objects().end()) continue;
    const auto body = read_file((kCorpus / std::string(cells[0])).string(), limits::kRequestBody);
    REQUIRE(body.has_value());
    const auto admitted = webhook::admit(*body, policy::Policy::defaults(), model::EmptyView(), {});
    const auto verdict = evaluate({.object = *wanted}, model::EmptyView(),
                                  policy::Policy::defaults(), {}, policy::Mode::Check);
    std::set<std::string> denied, errors;
    for (const auto& [rule, action] : admitted.summary.findings) {
      if (action == "deny") denied.insert(rule);
    }
    for (const policy::Judged& judged : verdict.findings) {
      const bool may_deny = judged.finding.at_admission == rules::Action::Deny;
      if (judged.finding.severity == rules::Severity::Error && may_deny)
        errors.emplace(judged.rule->id);
    }
    CHECK_MESSAGE(denied == errors, cells[0], ": denied ", text_of(denied), ", check ",
                  text_of(errors));
    ++compared;
  }
  CHECK(compared > 100);
}

TEST_CASE("every real manifest is read or refused with a place, and nothing crashes") {
  if (!has_corpus("every real manifest is read or refused with a place, and nothing crashes"))
    return;
  const std::vector<std::string> paths = {(kCorpus / "real").string(),
                                          (kCorpus / "from-issues").string()};
  const auto set = manifest::ManifestSet::of(manifest::collect(paths), {});
  CHECK(set.objects().size() > 500);
  for (const model::Object& object : set.objects()) {
    const auto verdict =
        evaluate({.object = object}, set, policy::Policy::defaults(), {}, policy::Mode::Check);
    for (const policy::Judged& judged : verdict.findings)
      CHECK(object.mark(judged.finding.at.pointer()).line > 0);
  }
  for (const auto& problem : set.problems()) {
    CHECK_MESSAGE(!problem.message.empty(), problem.file);
    CHECK_MESSAGE(problem.line > 0, problem.file);
  }
}
