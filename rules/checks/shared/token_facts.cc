#include "rules/checks/shared/token_facts.h"

#include "rules/checks/shared/producer.h"
#include "rules/model/portworx_names.h"

namespace pxguard::rules {
bool is_admin_token(const model::SecretKeyFacts& token) {
  return token.token && (token.token->is_admin || token.token->has_every_group);
}

bool is_no_admin_token(const model::SecretKeyFacts& token) {
  return token.token && !token.token->is_admin;
}

std::optional<TokenFault> token_fault(const ContextBase& context, std::string_view ns,
                                      std::string_view name) {
  const auto lookup = context.view.secret(context.object, ns, name);
  if (lookup.get() == nullptr && is_token_of_operator(ns, name, context)) return std::nullopt;
  if (lookup.is_unknown()) context.unverified(lookup.needs());
  if (lookup.is_absent() && !has_producer(ns, name, context))
    return TokenFault{"no such Secret", true};
  if (lookup.get() == nullptr) return std::nullopt;
  const model::SecretKeyFacts* token = lookup.get()->key(model::kAuthTokenKey);
  if (token == nullptr) return TokenFault{"no key auth-token in it"};
  if (token->empty) return TokenFault{"an empty auth-token in it"};
  using Form = model::SecretKeyFacts::TokenForm;
  const bool is_out_of_view = token->rendered_later || token->token_form == Form::NotRead ||
                              token->token_form == Form::TooLarge;
  if (is_out_of_view) {
    context.unverified("the token in " + lookup.get()->id().display());
    return std::nullopt;
  }
  if (token->token_form == Form::EncodedTwice || token->token_form == Form::Other)
    return TokenFault{"an auth-token in it that is no token"};
  return std::nullopt;
}

const model::SecretFacts* secret_in_view(const ContextBase& context,
                                         const model::TokenReference& reference) {
  if (!reference.is_pair() || reference.is_templated()) return nullptr;
  return context.view.secret(context.object, *reference.ns, *reference.name).get();
}

bool is_admin_reference(const ContextBase& context, const model::TokenReference& reference) {
  if (reference.name == model::kAdminToken) return true;
  const model::SecretFacts* secret = secret_in_view(context, reference);
  const model::SecretKeyFacts* token =
      secret == nullptr ? nullptr : secret->key(model::kAuthTokenKey);
  return token != nullptr && is_admin_token(*token);
}

}  // namespace pxguard::rules
