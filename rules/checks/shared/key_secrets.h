// Secrets that hold signing keys, and whether a Portworx or Stork in view reads them.
#pragma once

#include <string_view>

#include "rules/rule.h"

namespace pxguard::rules {

enum class Use {
  Yes,      // a secured Portworx that is not being deleted, or its Stork, refers to it
  No,       // Portworx is in view and does not
  Unknown,  // no Portworx is in view, or what it reads is not
};

Use use_of(const model::SecretFacts& secret, std::string_view key, const ContextBase& context);
Use use_of_any_key(const model::SecretFacts& secret, const ContextBase& context);
bool is_referred_to(const model::SecretFacts& secret, const ContextBase& context);

}  // namespace pxguard::rules
