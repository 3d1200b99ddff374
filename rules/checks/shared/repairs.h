// Edits that more than one rule needs. They only ever name Secrets, and never one of which nobody
// knows whether it is there: a reference that leads nowhere keeps a pod from starting.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/token_reference.h"
#include "rules/rule.h"

namespace pxguard::rules {

[[nodiscard]] bool shares_namespace(const model::Object& a, const model::Object& b);

// What Portworx has for a key, as another object of its namespace may refer to it. None of a
// literal, and in another namespace.
[[nodiscard]] std::optional<model::SecretRef> usable_reference(
    const model::Setting& key, const model::PortworxConfig& portworx,
    const model::Object& reviewed);

// The secretKeyRef of a variable; what is right already stays.
[[nodiscard]] Repair refer_to(const model::FieldPath& entry, const model::SecretRef& from,
                              const model::SecretRef& to);

// The name of a variable, unless the list has one of that name.
[[nodiscard]] Repair rename_variable(const model::EnvList& list, const model::FieldPath& entry,
                                     std::string_view name);

// Where the operator makes px-user-token and px-admin-token; "" where that is not in view.
[[nodiscard]] std::string_view operator_token_namespace(const ContextBase& context);

// px-user-token for each operation of a CSI class; nothing where nobody is known to make it.
[[nodiscard]] Repair name_user_token(const std::vector<std::string>& operations,
                                     const ContextBase& context);

// Both halves of a reference, at `map`: parameters or annotations. `operation`: of CSI, else "".
void add_token(Repair& repair, const model::FieldPath& map, std::string_view operation,
               std::string_view name, std::string_view ns);

}  // namespace pxguard::rules
