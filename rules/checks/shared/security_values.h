// The texts that spec.security holds, judged one by one. They are the same in a StorageCluster and
// in the values of the chart that makes one, so that whoever has read one hands over its text and
// its place.
#pragma once

#include <optional>
#include <string_view>

#include "rules/rule.h"

namespace pxguard::rules {

// guestAccess. "" is Enabled: operator portworx.go, setSecuritySpecDefaults.
[[nodiscard]] std::optional<Finding> judge_guest_access(std::string_view text,
                                                        const model::FieldPath& at);
// "managed" for Managed.
[[nodiscard]] bool is_guest_access_in_another_case(std::string_view text);
// tokenLifetime. REQUIRES: it is written, if as "", which no default replaces.
[[nodiscard]] std::optional<Finding> judge_token_lifetime(std::string_view text,
                                                          const model::FieldPath& at);

// A template or reference in a file, which some tool fills in before anybody reads it: noted. In a
// live object nothing has.
[[nodiscard]] bool is_filled_in_later(std::string_view text, const model::FieldPath& at,
                                      const ContextBase& context);

// The places in a StorageCluster.
[[nodiscard]] model::FieldPath auth_path(std::string_view key);
[[nodiscard]] model::FieldPath self_signed_path(std::string_view key);

// The first entry of a name: the one that the operator itself reads (auth.go,
// getPrivateKeyOrGenerate). Null where there is none.
[[nodiscard]] const model::EnvVar* first_entry(const model::EnvList& list, std::string_view name);

}  // namespace pxguard::rules
