#include "rules/model/helm_values.h"

namespace pxguard::model {
namespace {

constexpr std::string_view kApiVersion = "helm.sh/v3";
constexpr std::string_view kKind = "Values";

}  // namespace

ObjectId HelmValues::identity() {
  return {.api_version = std::string(kApiVersion),
          .kind = std::string(kKind),
          .ns = {},
          .name = std::string(kPortworxChart)};
}

std::optional<HelmValues> HelmValues::of(const Object& object) {
  if (object.id().api_version != kApiVersion || object.kind() != kKind ||
      object.id().name != kPortworxChart) {
    return std::nullopt;
  }
  return HelmValues(object);
}

bool HelmValues::is_security_enabled() const { return security()["enabled"].boolean_or(false); }

}  // namespace pxguard::model
