// Secrets that stand in clear text in a command: arguments of Portworx and pxctl, tokens, and
// assignments of key variables in scripts. Reads what a shell would, as far as it is certain; what
// a shell puts in later ($NAME, $(...), backticks) is no literal. Only names come out, no values.
//
// Threads: safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/container.h"
#include "rules/model/field_path.h"

namespace pxguard::model {

// PORTWORX_AUTH_* variables that hold a secret, and PX_SHARED_SECRET.
[[nodiscard]] bool is_key_variable(std::string_view name);
// Somebody could read it here: not empty, no $(VAR), no $NAME, no reference of a secret injector.
[[nodiscard]] bool is_clear_text(std::string_view literal);

struct CommandSecret {
  std::string name;  // "--token", "PORTWORX_AUTH_SYSTEM_KEY"
  FieldPath path;    // of the element that holds it
};

// --token and --shared-secret are other programs' flags as well, and a key variable may be set for
// anything: they count in Portworx's own command, and in those that mention pxctl.
enum class Runs { Anything, Portworx };

// The elements of `command` and `args`, or of an exec probe. Each name once an element.
[[nodiscard]] std::vector<CommandSecret> secrets_in_command(std::span<const Word> elements,
                                                            Runs runs);

}  // namespace pxguard::model
