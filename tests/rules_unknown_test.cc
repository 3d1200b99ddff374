// A container that takes its variables from a Secret out of view may have any of them: what was
// missing before is then neither a fault nor in order, and the report says what would settle it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/text.h"
#include "tests/support/examples.h"

namespace pxguard::rules {
namespace {

using test::Example;
using test::Found;
using test::Outcome;

// The same, with the keys of a Secret out of view as variables of every container that has some.
Example with_secret_out_of_view(const Example& example) {
  Example changed = example;
  changed.text.clear();
  for (const std::string_view line : split(example.text, '\n')) {
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent != std::string_view::npos && line.substr(indent).starts_with("env:")) {
      changed.text += std::string(indent, ' ') + "envFrom: [{secretRef: {name: out-of-view}}]\n";
    }
    changed.text += std::string(line) + '\n';
  }
  return changed;
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

TEST_CASE("where variables may come from a Secret out of view, what was missing is unverified") {
  std::size_t settled = 0;
  for (const Example& example : test::examples()) {
    const bool has_list = example.text.find("envFrom") != std::string::npos;
    if (example.absence == manifest::Absence::Known || has_list) continue;
    CAPTURE(example.file);
    const Outcome before = test::judge(example);
    const Outcome after = test::judge(with_secret_out_of_view(example));
    for (const Found& finding : before.findings) {
      if (finding.severity == Severity::Info || has_finding(after, finding)) continue;
      ++settled;
      CHECK_MESSAGE(has_unverified(after, finding.rule), finding.shown());
    }
    for (const Found& finding : after.findings) {
      if (finding.severity != Severity::Error) continue;
      CHECK_MESSAGE(has_finding(before, finding), finding.shown());
    }
  }
  CHECK(settled > 10);
}

}  // namespace
}  // namespace pxguard::rules
