// PXS802: A Secret for a token has none that can be read.
#include <string>
#include <utility>

#include "rules/checks/shared/secret_keys.h"
#include "rules/checks/shared/token_secrets.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::token_malformed {
namespace {

using model::SecretFacts;
using model::SecretKeyFacts;
using TokenForm = model::SecretKeyFacts::TokenForm;

constexpr std::string_view kWanted = "three parts in base64url with dots between, nothing else";

// What is wrong with the text; "" where nothing is.
std::string flaw_of(const SecretKeyFacts& key) {
  if (key.empty) return "an empty value";
  if (key.token_form == TokenForm::EncodedTwice) return "a token that is encoded twice";
  if (key.token_form == TokenForm::Other)
    return key.pem ? "PEM text, which is no token" : "something that is no token";
  if (key.ends_with_newline) return "a token with a line break behind it";
  return key.outer_space ? "a token with white space around it" : "";
}

Findings judge_value(const SecretKeyFacts& key, const SecretFacts& secret,
                     const Context<SecretFacts>& context) {
  const TokenSecret kind = token_secret(secret, context);
  // What is no base64 is PXS806.
  if (kind == TokenSecret::No || key.undecodable) return {};
  if (key.rendered_later) {
    context.unverified("the token that a tool will put into this Secret");
    return {};
  }
  if (key.token_form == TokenForm::TooLarge)
    context.unverified("a look by hand at auth-token, which is too large to be read as a token");
  const std::string flaw = flaw_of(key);
  if (flaw.empty()) return {};
  Finding finding{.at = path_of_key(context.object, model::kAuthTokenKey),
                  .found = flaw,
                  .want = std::string(kWanted),
                  .reference = flaw};
  if (kind == TokenSecret::ByName || (key.empty && secret.has_producer())) soften(finding);
  return {finding};
}

// Nothing is called auth-token.
Findings judge_absence(const SecretFacts& secret, const Context<SecretFacts>& context) {
  if (!secret.type().empty() && secret.type() != "Opaque") return {};
  const SecretKeyFacts* other = secret.key(model::kMisnamedTokenKey);
  const bool is_misnamed = other != nullptr && other->token_form == TokenForm::Token;
  // A reference of CSI may be there for an encryption key alone.
  if (!has_documented_token_name(secret) && !is_named_for_token(secret, context) &&
      !(is_misnamed && is_named_by_csi_class(secret, context))) {
    return {};
  }
  Finding finding{.at = is_misnamed ? path_of_key(context.object, model::kMisnamedTokenKey)
                                    : model::FieldPath{},
                  .found = is_misnamed ? "a token under the key token" : "no key auth-token",
                  .want = "the token under the key auth-token",
                  .reference = "no key auth-token"};
  if (secret.has_producer()) soften(finding);
  return {finding};
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  const SecretKeyFacts* key = secret.key(model::kAuthTokenKey);
  return key != nullptr ? judge_value(*key, secret, context) : judge_absence(secret, context);
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS802",
    .name = "token-malformed",
    .title = "A Secret for a token has no token that can be read",
    .rationale =
        "What is no token is sent along as something else, and Portworx refuses the request.",
    .fix =
        "Write the token as pxctl prints it, without a line break, under the key auth-token, and "
        "encode it once.",
    .by_hand =
        "kubectl -n portworx get secret px-user-token -o jsonpath='{.data.auth-token}' | "
        "base64 -d | tr -cd '.\\n' | od -c",
    .source =
        "openstorage api/server/middleware_auth.go, insertToken; csi/csi.go: the key auth-token.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::token_malformed
