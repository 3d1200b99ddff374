// PXS404: Nobody can verify the token: its algorithm is none that Portworx knows, the cluster has
// no key of that kind, or it is signed with another key.
#include <string>
#include <utility>

#include "base/text.h"
#include "rules/checks/shared/mounted_files.h"
#include "rules/checks/shared/token_secrets.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::token_algorithm_without_key {
namespace {

using jwt::KeyKind;
using model::AuthKey;
using model::PortworxConfig;
using model::SecretFacts;

struct Needed {
  AuthKey key;
  std::string_view name;
};

Needed needed(KeyKind kind) {
  switch (kind) {
    case KeyKind::Secret: return {AuthKey::JwtSharedSecret, "a shared secret"};
    case KeyKind::Rsa: return {AuthKey::RsaPublicKey, "an RSA public key"};
    case KeyKind::Ec: return {AuthKey::EcdsPublicKey, "an ECDSA public key"};
  }
  return {AuthKey::JwtSharedSecret, ""};
}

std::string algorithm_of(const JudgedToken& judged) {
  return '"' + printable(judged.token.algorithm, 20) + '"';
}

// The secured Portworx whose own issuer the token names; of others other keys count.
const PortworxConfig* verifier_of(const JudgedToken& judged, const ContextBase& context) {
  const auto lookup = context.view.portworx(context.object);
  const PortworxConfig* portworx = lookup.get();
  if (portworx == nullptr) {
    if (lookup.is_unknown()) context.unverified(lookup.needs());
    return nullptr;
  }
  if (!is_on(*portworx, context)) return nullptr;
  const model::Setting& issuer = portworx->effective(AuthKey::JwtIssuer);
  if (!context.is_provided(issuer)) return nullptr;
  if (!issuer.text) context.unverified("the issuer that Portworx trusts");
  return issuer.text && *issuer.text == judged.token.issuer ? portworx : nullptr;
}

// Where the key lies that Portworx verifies such tokens with; none where that is not in objects.
std::optional<model::KeyPlace> place_of(KeyKind kind, const PortworxConfig& portworx) {
  const model::Setting& setting = portworx.effective(needed(kind).key);
  model::KeyPlace place{.kind = kind, .object_kind = "Secret", .ns = portworx.object().id().ns};
  if (kind == KeyKind::Secret) {
    if (!setting.ref || setting.form == model::Setting::Form::ConfigMapKey) return std::nullopt;
    place.name = setting.ref->name;
    place.key = setting.ref->key;
    return place;
  }
  if (!setting.text || !setting.text->starts_with('/')) return std::nullopt;
  MountedFile file = mounted_file(portworx, *setting.text);
  if (file.from != MountedFile::From::Secret && file.from != MountedFile::From::ConfigMap)
    return std::nullopt;
  if (file.from == MountedFile::From::ConfigMap) place.object_kind = "ConfigMap";
  place.name = std::move(file.name);
  place.key = std::move(file.key);
  return place;
}

Findings wrong_signature(const JudgedToken& judged, const PortworxConfig& portworx,
                         const ContextBase& context) {
  const KeyKind kind = *judged.token.key_kind;
  const auto place = place_of(kind, portworx);
  const auto signature =
      place ? context.view.signature(context.object, *place) : model::Signature::Unknown;
  if (signature == model::Signature::Unknown && context.moment == Moment::Report)
    context.unverified("the key of Portworx, to verify the signature of the token with");
  if (signature != model::Signature::Invalid) return {};
  Finding finding = judged.finding_of_state("a signature by another key",
                                            "a token signed for this cluster", context);
  finding.message = "A token is not signed with the key that Portworx verifies it with";
  finding.reference = "signature";
  return {finding};
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  const auto judged = judged_token(secret, context);
  if (!judged) return {};
  const std::string algorithm = algorithm_of(*judged);
  if (!judged->token.key_kind) {
    Finding unknown = judged->finding(Severity::Error, "a token with the algorithm " + algorithm,
                                      "HS256, RS256 or ES256");
    unknown.reference = algorithm;
    return {unknown};
  }
  const PortworxConfig* portworx = verifier_of(*judged, context);
  if (portworx == nullptr) return {};
  const Needed need = needed(*judged->token.key_kind);
  const model::Setting& key = portworx->effective(need.key);
  if (!context.is_missing(key)) return wrong_signature(*judged, *portworx, context);
  Finding finding = judged->finding_of_state(
      "a token with the algorithm " + algorithm + ", and Portworx without " +
          std::string(need.name),
      std::string(need.name) + " for Portworx, or a token of another algorithm", context);
  finding.reference = algorithm;
  return {finding};
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS404",
    .name = "token-algorithm-without-key",
    .title = "Portworx has no key to verify this token with",
    .rationale =
        "Portworx picks the key by the algorithm that a token names, and refuses the token where "
        "it has none of that kind.",
    .fix =
        "Make the token with the key whose other half Portworx has: pxctl auth token generate "
        "--shared-secret, --rsa-private-keyfile or --ecdsa-private-keyfile.",
    .by_hand =
        "kubectl -n portworx get secret px-user-token -o jsonpath='{.data.auth-token}' | "
        "base64 -d | cut -s -d. -f1 | tr '_-' '/+' | base64 -d 2>/dev/null",
    .source = "openstorage pkg/auth/selfsigned.go: RS*, ES* and HS*; all else is refused.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::token_algorithm_without_key
