// What is known of a cluster beside the manifests, as a file: --facts. It says which Secrets exist
// and with which keys, never their bytes.
//
//   apiVersion: pxguard.io/v1alpha1
//   kind: Facts
//   versions: {kubernetes: "1.31.4", portworx: "3.1.0", stork: "24.3.0"}
//   secrets:
//   - namespace: portworx
//     name: px-system-secrets
//     keys: {system-secret: a, apps-secret: b}   # equal words: equal values
//   absent:
//   - {kind: Secret, namespace: portworx, name: px-admin-token}
//   objects:                                     # in view, not judged; no Secrets
//   - {apiVersion: core.libopenstorage.org/v1, kind: StorageCluster, ...}
//
// Threads: safe.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/manifest/known.h"
#include "rules/model/versions.h"
#include "rules/policy/policy_schema.h"

namespace pxguard::cli {

struct Facts {
  manifest::Known known{};
  std::optional<model::Version> kubernetes{};
  std::optional<model::Version> portworx{};
  std::optional<model::Version> stork{};
};

struct ParsedFacts {
  Facts facts{};
  std::vector<Error> errors{};  // each with its line; empty: `facts` holds
};

// Unknown fields, wrong types and duplicate keys are errors, and so is an object that is spoken of
// twice, or a Secret with its values.
ParsedFacts parse_facts(std::string_view text);

// For docs/facts.schema.json.
const policy::Shape& facts_shape();

}  // namespace pxguard::cli
