#include "rules/checks/shared/versions.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace pxguard::rules {
namespace {

using model::Version;

constexpr std::array<std::string_view, 3> kOperatorImages = {"px-operator", "portworx-operator",
                                                             "openstorage-operator"};

}  // namespace

std::optional<Version> portworx_version(const model::PortworxConfig& portworx,
                                        const ContextBase& context) {
  return portworx.version() ? portworx.version() : context.settings.portworx_version;
}

std::optional<Version> stork_version(const model::StorkConfig& stork, const ContextBase& context) {
  if (stork.version() || !stork.is_stork()) return stork.version();
  return context.settings.stork_version;
}

bool is_before_apps_key(const model::StorkConfig& stork, const model::PortworxConfig& portworx,
                        const ContextBase& context) {
  return is_older(portworx_version(portworx, context), model::kPortworxAppsKey) ||
         is_older(stork_version(stork, context), model::kStorkIssuer);
}

std::optional<OperatorImage> operator_image(const model::Object& object) {
  if (object.kind() != "Deployment") return std::nullopt;
  std::size_t index = 0;
  for (const json::Value container : object.root().at("spec.template.spec.containers").elements()) {
    const std::string_view image = container["image"].text();
    const std::string_view name = model::image_basename(image);
    if (std::find(kOperatorImages.begin(), kOperatorImages.end(), name) != kOperatorImages.end()) {
      const model::FieldPath containers{"spec", "template", "spec", "containers"};
      return OperatorImage{Version::parse(model::image_tag(image)),
                           containers.element(index, container["name"].text()).key("image")};
    }
    ++index;
  }
  return std::nullopt;
}

const model::Object* operator_deployment(const model::PortworxConfig& portworx,
                                         const ContextBase& context) {
  const auto others = context.view.dependents(portworx.object()).objects;
  const auto found = std::find_if(others.begin(), others.end(), [](const model::Object* other) {
    return operator_image(*other).has_value();
  });
  return found == others.end() ? nullptr : *found;
}

std::optional<Version> operator_version(const model::PortworxConfig& portworx,
                                        const ContextBase& context) {
  const model::Object* deployment = operator_deployment(portworx, context);
  if (deployment == nullptr) return std::nullopt;
  return operator_image(*deployment)->version;
}

}  // namespace pxguard::rules
