// Whether a command asks Portworx something by way of pxctl, and with which token. pxctl takes it
// from PXCTL_AUTH_TOKEN or from a context in the home directory of whoever calls.
// Sources: Portworx documentation, "Use pxctl with security enabled"; operator
// pkg/util/test/util.go, validatePxAuthOnPxNodes.
//
// Threads: safe.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "rules/model/container.h"
#include "rules/model/field_path.h"

namespace pxguard::model {

struct PxctlCall {
  std::string command;  // "volume", "status": a word that pxctl knows
  FieldPath path;       // of the element that holds it
};

// The first call that Portworx may refuse. Not one: version and help, contexts and the making of
// tokens, which need no server; text that is only printed; pxctl as the name of a file.
[[nodiscard]] std::optional<PxctlCall> first_pxctl_call(std::span<const Word> elements);

// The command sets PXCTL_AUTH_TOKEN, chooses or makes a context, or reads a token from somewhere.
[[nodiscard]] bool brings_pxctl_token(std::span<const Word> elements);

// The word pxctl stands in it, whatever for.
[[nodiscard]] bool mentions_pxctl(std::span<const Word> elements);

}  // namespace pxguard::model
