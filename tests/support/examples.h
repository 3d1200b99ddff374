// The files of rules/examples, as tests read them, and what the rules say of them.
//   `# expect: PXS101 PXS204(info)` at the end of a line: exactly these findings are there.
//   First line `# complete`, `# operation: UPDATE` (the object before is the first document of the
//   file of the same name that ends in .old.yaml) or `# operation: DELETE`; with them, or alone,
//   `require: Always`, `guest-access: Disabled`, `crds: master`, `kubernetes: 1.31.2`.
//   It is the first of January 2026.
#pragma once

#include <string>
#include <vector>

#include "cli/manifest/manifest_set.h"
#include "rules/rule.h"

namespace pxguard::test {

struct Example {
  std::string file;  // system_key_missing/bad-env.yaml
  std::string text;
  std::string old_text;
  rules::Operation operation = rules::Operation::Create;
  manifest::Absence absence = manifest::Absence::Unknown;
  bool is_good = false;
  rules::Settings settings{};
};

// Sorted by file.
std::vector<Example> examples();

struct Found {
  int line = 0;
  std::string rule;  // id
  rules::Severity severity = rules::Severity::Error;
  std::string object;
  std::string path;          // for people
  std::string pointer;       // in the object
  std::size_t position = 0;  // of the object in the file
  std::string fault{};       // equal for the same fault in another version of the file
  rules::Repair repair{};

  [[nodiscard]] std::string shown() const;  // "12: PXS101", "12: PXS101(info)"
};

struct Unverified {
  std::string rule;
  std::string object;
};

struct Outcome {
  std::vector<Found> findings;
  std::vector<Unverified> unverified;
  std::string said;  // all of the words

  [[nodiscard]] std::vector<std::string> shown() const;  // sorted
};

// The objects of the file as JSON, in its order.
std::vector<std::string> objects_of(const Example& example);

// An update or a removal is about the first document; the others are what else there is.
Outcome judge(const Example& example);

}  // namespace pxguard::test
