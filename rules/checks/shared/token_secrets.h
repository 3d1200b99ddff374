// Token Secrets: Secrets whose key auth-token is what classes, volumes and Stork's objects show to
// Portworx. Other products have keys of that name, too, so the key alone makes none.
#pragma once

#include <optional>
#include <string_view>

#include "rules/rule.h"

namespace pxguard::rules {

enum class TokenSecret {
  No,
  ByName,  // px-*-token that nothing in view refers to: a warning at most
  Yes,     // something refers to it, or it has one of the documented names
};

// With a key auth-token.
[[nodiscard]] TokenSecret token_secret(const model::SecretFacts& secret,
                                       const ContextBase& context);

// px-user-token, px-admin-token (operator), px-k8s-user (documentation).
[[nodiscard]] bool has_documented_token_name(const model::SecretFacts& secret);

// Something in view takes its token from this Secret. The references of CSI also name Secrets of
// other drivers, and those with nothing but an encryption key.
[[nodiscard]] bool is_named_for_token(const model::SecretFacts& secret, const ContextBase& context);
[[nodiscard]] bool is_named_by_csi_class(const model::SecretFacts& secret,
                                         const ContextBase& context);

// What there is to say about the token of a Token Secret.
//
// Lifetime: valid while the SecretFacts are.
struct JudgedToken {
  TokenSecret kind;
  const model::SecretFacts& secret;
  const model::TokenFacts& token;
  model::FieldPath at;

  // An error as it is meant for this Secret: a warning where it may be somebody else's.
  [[nodiscard]] Finding finding(Severity severity, std::string found, std::string want) const;
  // The same for what a restored copy may have, and what an update may leave as it is.
  [[nodiscard]] Finding finding_of_state(std::string found, std::string want,
                                         const ContextBase& context) const;
};

// None where it is no Token Secret, or its token cannot be read, which is PXS802.
[[nodiscard]] std::optional<JudgedToken> judged_token(const model::SecretFacts& secret,
                                                      const ContextBase& context);

// A warning at most.
void soften(Finding& finding);

}  // namespace pxguard::rules
