// Manifests that arrive as text. YAML becomes JSON text, so that one decoder judges everything;
// every JSON node keeps its place in the source. Scalars are read as Kubernetes reads them
// (sigs.k8s.io/yaml): yes, on and y are true, 0777 is 511, 1_000 is 1000. Keys are read in the same
// way: `y: 1` is {"true": 1}. tests/golden/yaml holds kubectl's answers.
//
// Aliases and merges (<<) are expanded. A key that overrides what was merged before it replaces
// that; keys that the user wrote twice are all kept, in order, for base/json to name.
//
// Threads: safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pxguard::yaml {

// 1-based. The column counts characters, not bytes.
struct Mark {
  int line = 0;
  int column = 0;
};

// One document of a file: its JSON text or the reason why it cannot be read.
struct Document {
  std::string json;  // empty where there is an error
  // One for each JSON node in document order; keys are nodes of their own. What came through an
  // alias or a merge has the place of that alias or <<.
  std::vector<Mark> marks;
  int line = 1;  // where the document begins
  std::optional<Error> error;
};

// Splits and reads a file as kubectl does: documents between lines of ---, or one or more JSON
// values. A document that cannot be read does not stop the ones after it. Documents that are null
// or hold nothing but comments are left out, and so is what follows a line of ... in a document.
std::vector<Document> read(std::string_view text);

}  // namespace pxguard::yaml
