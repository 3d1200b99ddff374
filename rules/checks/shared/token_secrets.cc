#include "rules/checks/shared/token_secrets.h"

#include <algorithm>
#include <utility>

#include "rules/checks/shared/secret_keys.h"
#include "rules/model/portworx_names.h"
#include "rules/model/storage_class.h"
#include "rules/model/token_reference.h"

namespace pxguard::rules {
namespace {

using model::TokenReference;

constexpr std::string_view kServiceAccountToken = "kubernetes.io/service-account-token";
// Portworx documentation, "Generate tokens": the Secret of the examples.
constexpr std::string_view kDocumentedToken = "px-k8s-user";

// The driver that the object is about; "" of objects without one.
std::string_view driver_of(const model::Object& object) {
  if (object.kind() == "StorageClass") return object.root()["provisioner"].text();
  if (object.kind() == "PersistentVolume") return object.root().at("spec.csi.driver").text();
  return object.root()["driver"].text();
}

bool is_of_portworx(const model::Object& object) {
  return model::is_portworx_csi(driver_of(object));
}

bool is_named_by(TokenReference::Family family, const model::SecretFacts& secret,
                 const ContextBase& context) {
  const auto referrers = context.view.referrers(context.object).objects;
  return std::any_of(referrers.begin(), referrers.end(), [&](const model::Object* object) {
    if (family == TokenReference::Family::Csi && !is_of_portworx(*object)) return false;
    const auto references = model::token_references(*object);
    return std::any_of(references.begin(), references.end(), [&](const TokenReference& reference) {
      return reference.family == family && reference.may_mean(secret.id().ns, secret.id().name);
    });
  });
}

}  // namespace

bool has_documented_token_name(const model::SecretFacts& secret) {
  const std::string& name = secret.id().name;
  return name == model::kUserToken || name == model::kAdminToken || name == kDocumentedToken;
}

bool is_named_for_token(const model::SecretFacts& secret, const ContextBase& context) {
  return is_named_by(TokenReference::Family::OpenStorage, secret, context);
}

bool is_named_by_csi_class(const model::SecretFacts& secret, const ContextBase& context) {
  return is_named_by(TokenReference::Family::Csi, secret, context);
}

TokenSecret token_secret(const model::SecretFacts& secret, const ContextBase& context) {
  if (secret.key(model::kAuthTokenKey) == nullptr || secret.type() == kServiceAccountToken)
    return TokenSecret::No;
  if (has_documented_token_name(secret) || is_named_for_token(secret, context) ||
      is_named_by_csi_class(secret, context)) {
    return TokenSecret::Yes;
  }
  const std::string& name = secret.id().name;
  const bool has_pattern = name.starts_with("px-") && name.ends_with("-token");
  return has_pattern ? TokenSecret::ByName : TokenSecret::No;
}

Finding JudgedToken::finding(Severity severity, std::string found, std::string want) const {
  Finding finding{
      .at = at, .severity = severity, .found = std::move(found), .want = std::move(want)};
  if (kind == TokenSecret::ByName) soften(finding);
  return finding;
}

Finding JudgedToken::finding_of_state(std::string found, std::string want,
                                      const ContextBase& context) const {
  Finding result = finding(Severity::Error, std::move(found), std::move(want));
  if (context.operation == Operation::Update) result.at_admission = Action::Warn;
  if (secret.is_restored_copy()) soften(result);
  return result;
}

std::optional<JudgedToken> judged_token(const model::SecretFacts& secret,
                                        const ContextBase& context) {
  const model::SecretKeyFacts* key = secret.key(model::kAuthTokenKey);
  if (key == nullptr || !key->token) return std::nullopt;
  const TokenSecret kind = token_secret(secret, context);
  if (kind == TokenSecret::No) return std::nullopt;
  return JudgedToken{kind, secret, *key->token, path_of_key(context.object, model::kAuthTokenKey)};
}

void soften(Finding& finding) {
  finding.severity = std::min(finding.severity, Severity::Warning);
  finding.at_admission = std::min(finding.at_admission, Action::Warn);
}

}  // namespace pxguard::rules
