// Names that Portworx and Stork have given to things, each with its source.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pxguard::model {

// What PX-Security is configured with on the Portworx side.
enum class AuthKey : std::uint8_t {
  SystemKey,
  AppsKey,
  StorkKey,
  JwtSharedSecret,
  JwtIssuer,
  RsaPublicKey,
  EcdsPublicKey,
  UsernameClaim,
  OidcIssuer,
  OidcClientId,
  OidcNamespace,
};

struct AuthName {
  AuthKey key;
  std::string_view variable;
  std::string_view argument;  // "" where there is none
  bool is_secret;
};

// Variables: Portworx documentation, "PX-Security on Kubernetes clusters" (system, apps and JWT
// keys); libopenstorage/operator pkg/migration/generate.go (which argument is whose twin) and
// drivers/storage/portworx/util/util.go (the rest). The two arguments that carry a secret are not
// documented; the converter of the operator knows them.
inline constexpr std::array<AuthName, 11> kAuthNames = {{
    {AuthKey::SystemKey, "PORTWORX_AUTH_SYSTEM_KEY", "-auth_system_key", true},
    {AuthKey::AppsKey, "PORTWORX_AUTH_SYSTEM_APPS_KEY", "", true},
    {AuthKey::StorkKey, "PORTWORX_AUTH_STORK_KEY", "", true},
    {AuthKey::JwtSharedSecret, "PORTWORX_AUTH_JWT_SHAREDSECRET", "-jwt_shared_secret", true},
    {AuthKey::JwtIssuer, "PORTWORX_AUTH_JWT_ISSUER", "-jwt_issuer", false},
    {AuthKey::RsaPublicKey, "PORTWORX_AUTH_JWT_RSA_PUBKEY", "-jwt_rsa_pubkey_file", false},
    {AuthKey::EcdsPublicKey, "PORTWORX_AUTH_JWT_ECDS_PUBKEY", "-jwt_ecds_pubkey_file", false},
    {AuthKey::UsernameClaim, "PORTWORX_AUTH_USERNAME_CLAIM", "-username_claim", false},
    {AuthKey::OidcIssuer, "PORTWORX_AUTH_OIDC_ISSUER", "-oidc_issuer", false},
    {AuthKey::OidcClientId, "PORTWORX_AUTH_OIDC_CLIENTID", "-oidc_client_id", false},
    {AuthKey::OidcNamespace, "PORTWORX_AUTH_OIDC_CUSTOM_NAMESPACE", "-oidc_custom_claim_namespace",
     false},
}};

[[nodiscard]] constexpr const AuthName& auth_name(AuthKey key) {
  return kAuthNames[static_cast<std::size_t>(key)];
}

[[nodiscard]] constexpr const AuthName* auth_name(std::string_view variable) {
  // Most variables are somebody else's.
  if (!variable.starts_with("PORTWORX_AUTH_")) return nullptr;
  for (const AuthName& name : kAuthNames) {
    if (name.variable == variable) return &name;
  }
  return nullptr;
}

// Stork's and Autopilot's side: stork drivers/volume/portworx/portworx.go, Init and
// initPortworxClients.
inline constexpr std::string_view kSharedSecretEnv = "PX_SHARED_SECRET";
inline constexpr std::string_view kStorkIssuerEnv = "PX_JWT_ISSUER";
// openstorage volume/drivers/pwx/connection.go: portworx-service in kube-system by default.
inline constexpr std::string_view kPxNamespaceEnv = "PX_NAMESPACE";
inline constexpr std::string_view kDefaultPxNamespace = "kube-system";
// pxctl reads its token from here: operator pkg/util/test/util.go, validatePxAuthOnPxNodes.
inline constexpr std::string_view kPxctlTokenEnv = "PXCTL_AUTH_TOKEN";

// Issuers of tokens that Portworx knows besides the user's own: operator
// drivers/storage/portworx/util/util.go; stork drivers/volume/portworx/portworx.go.
inline constexpr std::string_view kAppsIssuer = "apps.portworx.io";
inline constexpr std::string_view kStorkIssuerName = "stork.openstorage.io";
inline constexpr std::string_view kOperatorIssuer = "operator.portworx.io";

// Secrets of an operator install: operator drivers/storage/portworx/component/auth.go.
inline constexpr std::string_view kSystemSecrets = "px-system-secrets";
inline constexpr std::string_view kSharedSecretName = "px-shared-secret";
inline constexpr std::string_view kAdminToken = "px-admin-token";
inline constexpr std::string_view kUserToken = "px-user-token";
// Secret of a manual install: Portworx documentation, "Step 1: Generate shared secrets".
inline constexpr std::string_view kManualKeys = "pxkeys";
// Keys inside, of either kind of install.
inline constexpr std::string_view kSystemSecretKey = "system-secret";
inline constexpr std::string_view kAppsSecretKey = "apps-secret";
inline constexpr std::string_view kStorkSecretKey = "stork-secret";
inline constexpr std::string_view kSharedSecretKey = "shared-secret";
inline constexpr std::string_view kAuthTokenKey = "auth-token";

// Annotations of a StorageCluster: operator drivers/storage/portworx/util/util.go.
inline constexpr std::string_view kMiscArgs = "portworx.io/misc-args";
inline constexpr std::string_view kClusterId = "portworx.io/cluster-id";
inline constexpr std::string_view kPxVersion = "portworx.io/px-version";
inline constexpr std::string_view kStorkVersion = "portworx.io/stork-version";

// What kubectl apply sent: it repeats the whole object.
inline constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

// What people say on an object to pxguard: a reason, different from the one before.
inline constexpr std::string_view kAcknowledgeRotation = "pxguard.io/rotation";
inline constexpr std::string_view kAcknowledgeDisable = "pxguard.io/disable-security";
inline constexpr std::string_view kAcknowledgeUpgrade = "pxguard.io/upgrade";
inline constexpr std::string_view kAcknowledgeDelete = "pxguard.io/delete";

}  // namespace pxguard::model
