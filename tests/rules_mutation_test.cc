// What happens to an example when any one of its fields is left out, written twice, or altered; or
// when something is no longer in view. Nothing crashes, nothing secret is said, what no rule reads
// changes nothing, and what is unknown is never an error.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/yaml.h"
#include "rules/policy/change.h"
#include "tests/support/examples.h"

namespace pxguard::rules {
namespace {

using test::Example;
using test::examples;
using test::Found;
using test::judge;
using test::Outcome;

// What a change writes in the place of one node; JSON is YAML as well.
class Rewriting {
 public:
  // `text`: instead of the value of `node`; `repeated`: the member or element stands twice.
  enum class What { LeaveOut, Repeat, Replace, AddNoise };

  Rewriting(What what, std::uint32_t node, std::string text = {})
      : what_(what), node_(node), text_(std::move(text)) {}

  [[nodiscard]] std::string of(const json::Document& document) const {
    std::string out;
    write(document.root(), out);
    return out;
  }

 private:
  void write(json::Value value, std::string& out) const {
    if (value.node() == node_ && what_ == What::Replace) {
      out += text_;
      return;
    }
    if (value.is_object()) return write_members(value, out, Fields::Known);
    if (value.is_array()) return write_elements(value, out);
    switch (value.kind()) {
      case json::Kind::String: out += json::quote(value.text()); break;
      case json::Kind::Boolean: out += value.boolean_or(false) ? "true" : "false"; break;
      case json::Kind::Integer: out += std::to_string(value.integer_or(0)); break;
      case json::Kind::Number: out += std::to_string(value.number_or(0)); break;
      default: out += "null";
    }
  }

  // In a map of texts any key is somebody's own, and no field.
  enum class Fields { Known, OfSomebody };
  static Fields fields_of(std::string_view key) {
    constexpr std::string_view kMaps[] = {"data",   "stringData", "binaryData", "annotations",
                                          "labels", "parameters", "matchLabels"};
    const bool is_map = std::find(std::begin(kMaps), std::end(kMaps), key) != std::end(kMaps);
    return is_map ? Fields::OfSomebody : Fields::Known;
  }

  void write_members(json::Value value, std::string& out, Fields fields) const {
    out += '{';
    bool is_first = true;
    for (const auto& [key, member, node] : value.members()) {
      for (int i = 0; i < times(member); ++i) {
        if (!is_first) out += ',';
        is_first = false;
        out += json::quote(key) + ':';
        const bool is_replaced = member.node() == node_ && what_ == What::Replace;
        if (member.is_object() && !is_replaced)
          write_members(member, out, fields_of(key));
        else
          write(member, out);
      }
    }
    // What is empty may mean "by default".
    if (what_ == What::AddNoise && !value.empty() && fields == Fields::Known) {
      if (!is_first) out += ',';
      out += R"("noiseOfTheTest":{"canary-noise":[1,"canary-noise",null]})";
    }
    out += '}';
  }

  void write_elements(json::Value value, std::string& out) const {
    out += '[';
    bool is_first = true;
    for (const json::Value element : value.elements()) {
      for (int i = 0; i < times(element); ++i) {
        if (!is_first) out += ',';
        is_first = false;
        write(element, out);
      }
    }
    out += ']';
  }

  [[nodiscard]] int times(json::Value value) const {
    if (value.node() != node_) return 1;
    if (what_ == What::LeaveOut) return 0;
    return what_ == What::Repeat ? 2 : 1;
  }

  What what_;
  std::uint32_t node_;
  std::string text_;
};

const Rewriting kAsItIs(Rewriting::What::LeaveOut, UINT32_MAX);

// An example as documents that can be written anew one by one.
class Documents {
 public:
  explicit Documents(const Example& example) : example_(example) {
    for (const yaml::Document& document : yaml::read(example.text)) {
      auto result = json::Document::parse(document.json);
      REQUIRE(result.has_value());
      parsed_.push_back(std::move(result).value());
      texts_.push_back(document.json);
    }
  }

  [[nodiscard]] std::size_t size() const { return parsed_.size(); }
  [[nodiscard]] const json::Document& document(std::size_t i) const { return parsed_[i]; }

  // The example with document `i` written like this; "" leaves it out.
  [[nodiscard]] Example with(std::size_t i, const std::string& text) const {
    std::vector<std::string> texts = texts_;
    texts[i] = text;
    Example changed = example_;
    changed.text = join(texts, "\n---\n");
    return changed;
  }
  [[nodiscard]] Example as_json() const { return with(0, texts_[0]); }
  [[nodiscard]] std::string name_of(std::size_t i) const {
    const auto document =
        std::make_shared<const json::Document>(std::move(json::Document::parse(texts_[i])).value());
    return model::Object(document, document->root()).id().display();
  }

  // Calls for every value of every document but the roots; keys are no values of their own.
  void each_value(const std::function<void(std::size_t, json::Value)>& call) const {
    for (std::size_t i = 0; i < parsed_.size(); ++i) {
      walk(parsed_[i].root(), [&](json::Value value) { call(i, value); });
    }
  }

 private:
  static void walk(json::Value value, const std::function<void(json::Value)>& call) {
    for (const auto& [key, member, node] : value.members()) {
      call(member);
      walk(member, call);
    }
    for (const json::Value element : value.elements()) {
      call(element);
      walk(element, call);
    }
  }

  const Example& example_;
  std::vector<json::Document> parsed_;
  std::vector<std::string> texts_;
};

bool says_no_secret(const Outcome& outcome) {
  return lower(outcome.said).find("canary") == std::string::npos;
}

// Without lines: a document that is written anew has others.
std::multiset<std::string> keys(const Outcome& outcome, Severity at_least) {
  std::multiset<std::string> found;
  for (const Found& finding : outcome.findings) {
    if (finding.severity >= at_least)
      found.insert(finding.rule + ' ' + finding.object + ' ' +
                   policy::without_positions(finding.path));
  }
  return found;
}

bool is_one_of(const std::string& rule, std::initializer_list<std::string_view> rules) {
  return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

// Rules that say nothing where something else is out of view, since it may always be: what else
// depends on a Portworx (a line on every install would be noise), and Secrets that only a
// reference makes ours (every Secret could be one).
bool needs_others_to_speak(const std::string& rule) {
  return is_one_of(rule, {"PXS110", "PXS304", "PXS802", "PXS804", "PXS805", "PXS905", "PXS907"});
}

// Rules whose error is less of one where something in view says so: a key in use keeps its bytes,
// the right place has the variable as well, roles come from OIDC.
bool is_softened_by_others(const std::string& finding) {
  return is_one_of(finding.substr(0, 6), {"PXS110", "PXS113", "PXS402"});
}

bool has_finding(const Outcome& outcome, const Found& wanted) {
  return std::any_of(outcome.findings.begin(), outcome.findings.end(), [&](const Found& found) {
    return found.rule == wanted.rule && found.object == wanted.object;
  });
}

bool has_unverified(const Outcome& outcome, const std::string& rule) {
  return std::any_of(outcome.unverified.begin(), outcome.unverified.end(),
                     [&](const test::Unverified& unverified) { return unverified.rule == rule; });
}

std::vector<std::string> added(const std::multiset<std::string>& before,
                               const std::multiset<std::string>& after) {
  std::vector<std::string> result;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(result));
  return result;
}

}  // namespace

TEST_CASE("any example without any one of its fields is judged all the same, and tells no secret") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    const Documents documents(example);
    documents.each_value([&](std::size_t i, json::Value value) {
      const Rewriting without(Rewriting::What::LeaveOut, value.node());
      CHECK(says_no_secret(judge(documents.with(i, without.of(documents.document(i))))));
    });
  }
}

TEST_CASE("a field of another type or with another text crashes nothing and tells no secret") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    const Documents documents(example);
    documents.each_value([&](std::size_t i, json::Value value) {
      for (const char* text :
           {"null", "[]", "{}", "7", "true", R"("other")", R"("")", R"(["one",{"name":"two"}])"}) {
        const Rewriting other(Rewriting::What::Replace, value.node(), text);
        CHECK(says_no_secret(judge(documents.with(i, other.of(documents.document(i))))));
      }
    });
  }
}

TEST_CASE("a field or element that stands twice with the same content is no error") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    const Documents documents(example);
    const auto before = keys(judge(documents.as_json()), Severity::Error);
    documents.each_value([&](std::size_t i, json::Value value) {
      const std::string where = documents.document(i).pointer_of(value.node());
      // `-jwt_issuer -jwt_issuer x` is another command line.
      const bool is_word =
          where.find("/args/") != std::string::npos || where.find("/command/") != std::string::npos;
      if (is_word) return;
      CAPTURE(where);
      const Rewriting twice(Rewriting::What::Repeat, value.node());
      const Outcome outcome = judge(documents.with(i, twice.of(documents.document(i))));
      const auto news = added(before, keys(outcome, Severity::Error));
      CHECK_MESSAGE(std::set<std::string>(news.begin(), news.end()).size() <= before.size(),
                    join(news, ", "));
      for (const std::string& one : news) CHECK_MESSAGE(before.contains(one), one);
      CHECK(says_no_secret(outcome));
    });
  }
}

TEST_CASE("fields that no rule knows change nothing, wherever they stand") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    const Documents documents(example);
    for (std::size_t i = 0; i < documents.size(); ++i) {
      const Outcome before = judge(documents.with(i, kAsItIs.of(documents.document(i))));
      const Rewriting noisy(Rewriting::What::AddNoise, 0);
      const Outcome outcome = judge(documents.with(i, noisy.of(documents.document(i))));
      CHECK(added(keys(before, Severity::Info), keys(outcome, Severity::Info)).empty());
      CHECK(added(keys(outcome, Severity::Info), keys(before, Severity::Info)).empty());
    }
  }
}

TEST_CASE(
    "without an object in view there is no new error, and what is no longer found is unverified") {
  for (const Example& example : examples()) {
    if (example.absence == manifest::Absence::Known) continue;
    CAPTURE(example.file);
    const Documents documents(example);
    const Outcome before = judge(documents.as_json());
    // A change is judged on the first document: without it there is nothing to judge.
    const std::size_t first = example.operation == Operation::Create ? 0 : 1;
    for (std::size_t i = first; i < documents.size() && documents.size() > 1; ++i) {
      CAPTURE(documents.name_of(i));
      const Outcome outcome = judge(documents.with(i, ""));
      const auto errors = keys(outcome, Severity::Error);
      auto news = added(keys(before, Severity::Error), errors);
      std::erase_if(news, is_softened_by_others);
      CHECK_MESSAGE(news.empty(), join(news, ", "));
      for (const Found& finding : before.findings) {
        const bool is_gone = finding.object == documents.name_of(i);
        const bool is_still_there = has_finding(outcome, finding);
        if (is_gone || is_still_there || finding.severity == Severity::Info ||
            needs_others_to_speak(finding.rule))
          continue;
        CHECK_MESSAGE(has_unverified(outcome, finding.rule), finding.shown());
      }
      CHECK(says_no_secret(outcome));
    }
  }
}

TEST_CASE("a variable whose value is out of view is no error, and what it hides is unverified") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    const Documents documents(example);
    const Outcome before = judge(documents.as_json());
    documents.each_value([&](std::size_t i, json::Value value) {
      const std::string where = documents.document(i).pointer_of(value.node());
      const std::string_view list = std::string_view(where).substr(0, where.rfind('/'));
      if (!list.ends_with("/env") || value["name"].text().empty()) return;
      CAPTURE(where);
      const std::string name = json::quote(value["name"].text());
      const Rewriting hidden(Rewriting::What::Replace, value.node(),
                             "{\"name\":" + name + ",\"value\":\"$(OUT_OF_VIEW)\"}");
      const Outcome outcome = judge(documents.with(i, hidden.of(documents.document(i))));
      auto news = added(keys(before, Severity::Error), keys(outcome, Severity::Error));
      std::erase_if(news, is_softened_by_others);
      CHECK_MESSAGE(news.empty(), join(news, ", "));
      for (const Found& finding : before.findings) {
        // What was wrong with the value itself is gone with it.
        const bool is_about_it = finding.path.find(value["name"].text()) != std::string::npos;
        if (is_about_it || finding.severity == Severity::Info || has_finding(outcome, finding))
          continue;
        CHECK_MESSAGE(has_unverified(outcome, finding.rule), finding.shown());
      }
    });
  }
}

}  // namespace pxguard::rules
