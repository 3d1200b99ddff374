// PXS405: The public key that Portworx shall verify tokens with is none, or not there.
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/mounted_files.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::public_key_unusable {
namespace {

using model::AuthKey;
using model::PortworxConfig;
using model::Setting;
using Family = PublicKeyFacts::Family;
using Form = PublicKeyFacts::Form;
using From = MountedFile::From;

// NIST SP 800-131A: less is not acceptable for signatures.
constexpr int kFewestRsaBits = 2048;

struct Slot {
  AuthKey key;
  Family family;
  std::string_view wanted;
};
constexpr Slot kSlots[] = {
    {AuthKey::RsaPublicKey, Family::Rsa, "an RSA public key in PEM, of 2048 bits or more"},
    {AuthKey::EcdsPublicKey, Family::Ec, "an ECDSA public key in PEM"}};

Finding unusable(const Setting& setting, Severity severity, std::string found,
                 std::string_view want) {
  Finding finding{.at = setting.path,
                  .severity = severity,
                  .found = std::move(found),
                  .want = std::string(want)};
  finding.reference = finding.found;
  return finding;
}

Finding bad_path(const Setting& setting, std::string found) {
  return unusable(setting, Severity::Error, std::move(found),
                  "a path that begins with /, as in /etc/pwx/jwt.pub");
}

Findings judge_pem(const PublicKeyFacts& pem, const Setting& setting, const Slot& slot,
                   const std::string& where) {
  const auto found = [&](Severity severity, std::string_view what) {
    return Findings{unusable(setting, severity, std::string(what) + " in " + where, slot.wanted)};
  };
  if (pem.has_private_key) return found(Severity::Error, "a private key");
  if (pem.form == Form::Broken || pem.form == Form::Other || pem.form == Form::NotPem)
    return found(Severity::Warning, "no public key that can be read");
  if (pem.family == Family::None) return {};
  if (pem.family != slot.family)
    return found(Severity::Error, pem.family == Family::Ec    ? "an ECDSA key"
                                  : pem.family == Family::Rsa ? "an RSA key"
                                                              : "a key of another kind");
  if (slot.family == Family::Rsa && pem.bits < kFewestRsaBits)
    return found(Severity::Warning, "an RSA key of less than 2048 bits");
  return {};
}

Findings judge_content(const MountedFile& file, const Setting& setting, const Slot& slot,
                       const ContextBase& context) {
  const std::string& ns = context.object.id().ns;
  const bool is_secret = file.from == From::Secret;
  const auto lookup = is_secret ? context.view.secret(context.object, ns, file.name)
                                : context.view.config_map(context.object, ns, file.name);
  if (lookup.is_unknown()) context.unverified(lookup.needs());
  if (lookup.get() == nullptr) return {};
  const std::string where = std::string(is_secret ? "secret " : "configmap ") +
                            printable(file.name, 80) + ", key " + printable(file.key, 80);
  const model::SecretKeyFacts* key = lookup.get()->key(file.key);
  if (key == nullptr)
    return {unusable(setting, Severity::Warning, "nothing: there is no " + where, slot.wanted)};
  if (key->rendered_later || key->undecodable) return {};
  if (key->pem && key->pem->form == Form::TooLarge) {
    context.unverified("a look by hand at this file, which is too large to be read as a key");
    return {};
  }
  return judge_pem(key->pem.value_or(PublicKeyFacts{}), setting, slot, where);
}

Findings judge_path(const PortworxConfig& portworx, const Setting& setting, const Slot& slot,
                    const ContextBase& context) {
  if (!context.is_provided(setting) || !setting.text) return {};
  const std::string_view path = *setting.text;
  // Not shown: where it is no path it may be the key itself.
  if (path.find("-----BEGIN ") != path.npos)
    return {bad_path(setting, "PEM text where a path goes")};
  if (!path.starts_with('/')) return {bad_path(setting, "a path that does not begin with /")};
  const MountedFile file = mounted_file(portworx, path);
  if (file.from == From::Secret || file.from == From::ConfigMap)
    return judge_content(file, setting, slot, context);
  if (file.from == From::Elsewhere || portworx.is_helper()) return {};
  if (!portworx.arguments_need().empty()) {
    context.unverified(portworx.arguments_need());
    return {};
  }
  if (is_fragment(portworx, context)) return {};
  return {unusable(setting, Severity::Warning, "a path that no mount of Portworx covers",
                   "a file below /etc/pwx, or of a volume that is mounted")};
}

// An empty path is not the same as none: the variable is there.
Findings judge_variable(const PortworxConfig& portworx, const model::EnvList& list,
                        const Slot& slot, const ContextBase& context) {
  const std::string_view name = model::auth_name(slot.key).variable;
  const model::EnvVar* entry = list.last(name);
  if (entry == nullptr) return {};
  if (entry->kind() == model::EnvVar::Kind::Literal && !entry->has_literal()) {
    const Setting empty{.path = entry->path()};
    return {bad_path(empty, "an empty path")};
  }
  return judge_path(portworx, setting_in(list, name, context), slot, context);
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  Findings findings;
  const auto add = [&findings](Findings more) {
    for (Finding& finding : more) findings.push_back(std::move(finding));
  };
  for (const Slot& slot : kSlots) {
    for (const auto& list : env_lists(portworx))
      add(judge_variable(portworx, *list, slot, context));
    add(judge_path(portworx, portworx.argument(slot.key), slot, context));
    add(judge_path(portworx, portworx.dash_e(slot.key), slot, context));
  }
  return findings;
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS405",
    .name = "public-key-unusable",
    .title = "The public key for tokens cannot be used",
    .rationale =
        "Portworx verifies tokens of RS256 and ES256 with this key; where it cannot read it, it "
        "refuses them all.",
    .fix =
        "Write the public half with openssl pkey -pubout, mount it into Portworx, and give its "
        "full path.",
    .by_hand = "kubectl -n kube-system exec ds/portworx -c portworx -- grep BEGIN /etc/pwx/jwt.pub",
    .source =
        "openstorage pkg/auth/signature.go: one key a family, in PEM; Portworx documentation, "
        "PX-Security on Kubernetes clusters: paths.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::public_key_unusable
