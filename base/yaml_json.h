// Nodes of YAML as JSON text: aliases and merges expanded, keys made strings.
//
// Threads: safe.
#pragma once

#include <cstddef>

#include "base/limits.h"
#include "base/result.h"
#include "base/yaml.h"
#include "base/yaml_tree.h"

namespace pxguard::yaml {

// What may still come from aliases and merges. It is that of a whole file: a few bytes of each of
// many documents could stand for anything.
struct AliasBudget {
  std::size_t nodes = limits::kYamlAliasNodes;
  std::size_t bytes = limits::kYamlDocument;
};

// Document::line is left to the caller.
Result<Document> to_document(const Tree& tree, AliasBudget& budget);

}  // namespace pxguard::yaml
