#include "cli/enable_security.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "cli/edit/patch_source.h"
#include "rules/apply.h"
#include "rules/model/portworx_names.h"

namespace pxguard::cli {
namespace {

using model::AuthKey;
using model::PortworxConfig;
using rules::Edit;

// The issuer that the documentation takes for an example, where nobody says another one.
constexpr std::string_view kIssuer = "openstorage.io";

Edit argument(const model::FieldPath& list, std::string_view text) {
  return {Edit::Kind::Append, list, json::quote(text)};
}

// What the documentation asks for: three keys from a Secret, and the issuer of users' tokens.
std::vector<Edit> settings_of(const PortworxConfig& portworx, const Enabling& enabling) {
  std::vector<Edit> edits;
  const auto add = [&](AuthKey key, std::string_view in_secret) {
    if (portworx.effective(key).is_absent()) {
      edits.push_back(Edit::append(portworx.env().path, model::auth_name(key).variable,
                                   {enabling.key_secret, std::string(in_secret)}));
    }
  };
  add(AuthKey::SystemKey, model::kSystemSecretKey);
  if (portworx.effective(AuthKey::StorkKey).is_absent())
    add(AuthKey::AppsKey, model::kStorkSecretKey);
  add(AuthKey::JwtSharedSecret, model::kSharedSecretKey);
  if (portworx.effective(AuthKey::JwtIssuer).is_absent()) {
    const model::FieldPath args = portworx.path().key("args");
    edits.push_back(argument(args, model::auth_name(AuthKey::JwtIssuer).argument));
    edits.push_back(argument(args, enabling.issuer));
  }
  return edits;
}

class Enabler {
 public:
  Enabler(manifest::Input input, const manifest::Options& reading) : set_(made(input, reading)) {
    enabling_.input = std::move(input);
  }

  Enabling run(policy::Policy policy, const std::string& issuer) {
    enabling_.policy = std::move(policy);
    auto& settings = enabling_.policy.settings;
    if (settings.key_secrets.size() != 1) settings.key_secrets = {std::string(model::kManualKeys)};
    enabling_.key_secret = settings.key_secrets.front();
    enabling_.issuer = issuer.empty() ? std::string(kIssuer) : issuer;
    settings.security_always = true;
    for (const model::Object& object : set_->objects()) look_at(object);
    enabling_.why_not = reason_against();
    if (!enabling_.why_not.empty()) return std::move(enabling_);
    if (!enabling_.is_operator) settings.token_namespace = enabling_.ns;
    write();
    return std::move(enabling_);
  }

 private:
  static std::unique_ptr<manifest::ManifestSet> made(const manifest::Input& input,
                                                     const manifest::Options& reading) {
    return manifest::ManifestSet::made(input, reading);
  }

  void look_at(const model::Object& object) {
    if (object.has_owner("core.libopenstorage.org")) return;
    const rules::Views views(object, *set_);
    const Member member{object.id(), object.file()};
    if (!views.storks.empty()) enabling_.storks.push_back(member);
    if (views.storage_cluster) {
      enabling_.is_operator = true;
      enabling_.ns = object.id().ns;
      enabling_.portworx.push_back(member);
      return;
    }
    const auto is_agent = [](const PortworxConfig& portworx) { return !portworx.is_helper(); };
    if (object.kind() != "DaemonSet" ||
        !std::any_of(views.portworx.begin(), views.portworx.end(), is_agent))
      return;
    enabling_.ns = object.id().ns;
    enabling_.portworx.push_back(member);
    for (const PortworxConfig& portworx : views.portworx) {
      if (!portworx.is_helper()) add_settings(object, portworx);
    }
  }

  void add_settings(const model::Object& object, const PortworxConfig& portworx) {
    const auto edits = settings_of(portworx, enabling_);
    if (edits.empty()) return;
    auto patch = rules::compose(edits, object.root());
    if (patch)
      patches_[object.file()].push_back({&object, std::move(patch).value()});
    else
      refusal_ = object.id().display() + ": " + patch.error().message;
  }

  [[nodiscard]] std::string reason_against() const {
    if (enabling_.portworx.empty())
      return "no DaemonSet of Portworx and no StorageCluster is in these files";
    const auto is_here = [this](const Member& member) { return member.id.ns == enabling_.ns; };
    const bool is_one = std::all_of(enabling_.portworx.begin(), enabling_.portworx.end(), is_here);
    if (!is_one) return "several clusters are in these files: give those of one";
    const bool is_mixed = enabling_.is_operator && !patches_.empty();
    if (is_mixed) return "a DaemonSet and a StorageCluster are in these files: give those of one";
    return refusal_;
  }

  void write() {
    for (manifest::Text& text : enabling_.input.texts) {
      const auto patches = patches_.find(text.file);
      if (patches == patches_.end()) continue;
      auto patched = edit::patch_source(text.content, patches->second);
      for (const std::string& refusal : patched.refusals) {
        if (!refusal.empty())
          enabling_.why_not = printable(text.file, 200) + " cannot be edited: " + refusal;
      }
      text.content = std::move(patched.text);
    }
  }

  std::unique_ptr<manifest::ManifestSet> set_;
  Enabling enabling_;
  std::map<std::string, std::vector<edit::ObjectPatch>> patches_;
  std::string refusal_;
};

}  // namespace

Enabling enable_security(manifest::Input input, const manifest::Options& reading,
                         policy::Policy policy, const std::string& issuer) {
  return Enabler(std::move(input), reading).run(std::move(policy), issuer);
}

}  // namespace pxguard::cli
