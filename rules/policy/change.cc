#include "rules/policy/change.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "rules/model/portworx_names.h"

namespace pxguard::policy {

std::string without_positions(std::string_view path) {
  std::string text;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::size_t end = path[i] == '[' ? path.find(']', i) : std::string_view::npos;
    const bool is_position =
        end != std::string_view::npos && end > i + 1 &&
        path.substr(i + 1, end - i - 1).find_first_not_of("0123456789") == std::string_view::npos;
    if (is_position)
      i = end;
    else
      text += path[i];
  }
  return text;
}

namespace {

std::string print(const model::Setting& setting) {
  if (setting.is_absent()) return {};
  std::string text =
      std::to_string(static_cast<int>(setting.form)) + (setting.is_optional ? "?" : "!");
  if (setting.ref) text += setting.ref->name + '/' + setting.ref->key;
  return text + '|' + setting.text.value_or("") + '|' + setting.digest() + '|' + setting.needs;
}

// The images that roll, by component.
std::map<std::string, std::string> images(const rules::Views& views) {
  std::map<std::string, std::string> found;
  // By container: another one beside it does not stand for the one that was there.
  for (const model::PortworxConfig& portworx : views.portworx)
    found["Portworx " + std::string(portworx.container()["name"].text())] = trim(portworx.image());
  if (views.storage_cluster) {
    // The operator writes the image's tag into spec.version: that is no change.
    const std::string_view version = views.storage_cluster->spec()["version"].text();
    const std::string_view tag = model::image_tag(trim(views.storage_cluster->image()));
    found["version"] = version.empty() ? tag : version;
  }
  for (const model::StorkConfig& stork : views.storks) {
    const std::string image(trim(stork.image()));
    const std::string name(stork.component_name());
    // A second Stork in one pod goes by its place.
    if (!found.emplace(name, image).second) found[name + ' ' + stork.path().display()] = image;
  }
  return found;
}

// Everything about authorization that a change could touch, after the operator's defaulting.
std::string settings(const rules::Views& views) {
  std::string text;
  for (const model::PortworxConfig& portworx : views.portworx) {
    for (const model::AuthName& name : model::kAuthNames) {
      text += print(portworx.variable(name.key)) + ';' + print(portworx.argument(name.key)) + ';' +
              print(portworx.dash_e(name.key)) + '\n';
    }
  }
  if (views.storage_cluster && views.storage_cluster->is_security_enabled()) {
    text += "on " + views.storage_cluster->guest_access() + ' ' + views.storage_cluster->issuer() +
            ' ' + views.storage_cluster->shared_secret_name() + '\n';
  }
  for (const model::StorkConfig& stork : views.storks) {
    text += print(stork.shared_secret()) + ';' + print(stork.issuer()) + '\n';
  }
  return text;
}

// Every image that changed went to a lower version, and none is new.
bool is_rollback(const std::map<std::string, std::string>& old,
                 const std::map<std::string, std::string>& now) {
  bool any = false;
  for (const auto& [component, image] : now) {
    const auto before = old.find(component);
    if (before == old.end()) return false;
    if (before->second == image) continue;
    const bool is_version = component == "version";
    const auto version_of = [is_version](std::string_view text) {
      return model::Version::parse(is_version ? text : model::image_tag(text));
    };
    const auto from = version_of(before->second);
    const auto to = version_of(image);
    if (!from || !to || *to >= *from) return false;
    any = true;
  }
  return any;
}

}  // namespace

std::string fault_key(const rules::Rule& rule, const rules::Finding& finding) {
  return std::string(rule.id) + ' ' + without_positions(finding.at.display()) + ' ' +
         finding.reference;
}

bool rolls_into_old_faults(const rules::Views& old, const rules::Views& now,
                           const std::set<std::string>& old_faults,
                           const std::set<std::string>& faults) {
  const auto old_images = images(old);
  const auto new_images = images(now);
  const bool same_images = old_images == new_images;
  if (same_images && settings(old) == settings(now)) return false;
  const bool is_repair =
      same_images && faults.size() < old_faults.size() &&
      std::includes(old_faults.begin(), old_faults.end(), faults.begin(), faults.end());
  return !is_repair && !is_rollback(old_images, new_images);
}

}  // namespace pxguard::policy
