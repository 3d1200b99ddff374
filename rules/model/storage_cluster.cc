#include "rules/model/storage_cluster.h"

#include <algorithm>

#include "base/text.h"
#include "rules/model/container.h"
#include "rules/model/portworx_names.h"

namespace pxguard::model {
namespace {

// spec.env: the operator itself reads the first entry of a name (portworx.go, 1493).
json::Value first_entry(json::Value env, std::string_view name) {
  for (const json::Value entry : env.elements()) {
    if (entry["name"].text() == name) return entry;
  }
  return {};
}

}  // namespace

std::optional<StorageCluster> StorageCluster::of(const Object& object) {
  if (object.kind() != "StorageCluster" || object.id().group() != "core.libopenstorage.org")
    return std::nullopt;
  return StorageCluster(object);
}

bool StorageCluster::is_security_enabled() const { return security()["enabled"].boolean_or(false); }

std::string StorageCluster::guest_access() const {
  const std::string_view written = security()["auth"]["guestAccess"].text();
  return std::string(written.empty() ? "Enabled" : written);
}

std::string StorageCluster::issuer() const {
  const json::Value self_signed = security()["auth"]["selfSigned"];
  if (!self_signed["issuer"].text().empty()) return std::string(self_signed["issuer"].text());
  if (self_signed.empty()) return std::string(kOperatorIssuer);
  const json::Value entry = first_entry(spec()["env"], auth_name(AuthKey::JwtIssuer).variable);
  if (entry.is_absent()) return std::string(kOperatorIssuer);
  if (entry["valueFrom"]) return {};
  return std::string(entry["value"].text().empty() ? kOperatorIssuer : entry["value"].text());
}

std::string StorageCluster::shared_secret_name() const {
  const json::Value written = security()["auth"]["selfSigned"]["sharedSecret"];
  return std::string(written.is_set() ? written.text() : kSharedSecretName);
}

std::string StorageCluster::cluster_id() const {
  const std::string_view annotated = object_->annotation(kClusterId);
  return std::string(annotated.empty() ? std::string_view(object_->id().name) : annotated);
}

std::optional<Version> StorageCluster::portworx_version() const {
  if (auto version = Version::parse(image_tag(image()))) return version;
  if (auto version = Version::parse(spec()["version"].text())) return version;
  return Version::parse(object_->annotation(kPxVersion));
}

std::optional<Version> StorageCluster::stork_version() const {
  if (auto version = Version::parse(image_tag(spec()["stork"]["image"].text()))) return version;
  return Version::parse(object_->annotation(kStorkVersion));
}

bool StorageCluster::is_stork_enabled() const {
  return spec()["stork"]["enabled"].boolean_or(false);
}

bool StorageCluster::is_px_csi() const {
  if (image_basename(image()) == "px-pure-csi-driver") return true;
  const auto words = shell_words(object_->annotation(kMiscArgs));
  if (!words) return false;
  const auto oem = std::find(words->begin(), words->end(), "--oem");
  return oem != words->end() && oem + 1 != words->end() && *(oem + 1) == "px-csi";
}

}  // namespace pxguard::model
