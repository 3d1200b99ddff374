// PXS109: One key serves two roles, so that whoever may use it for one may use it for the other.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/crossed_keys.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/checks/shared/key_secrets.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::key_shared_by_roles {
namespace {

using model::PortworxConfig;
using model::SecretFacts;
using model::Setting;

struct Holder {
  Role role;
  std::string name;  // of the variable or key
  Setting setting;
};

Finding shared(model::FieldPath at, std::string found, const std::string& other) {
  return {.at = std::move(at),
          .found = std::move(found),
          .want = "a random value of its own for each role",
          .reference = other};
}

// Equal bytes under two keys of one Secret are reported on that Secret.
bool is_other_key_of_same_secret(const Setting& a, const Setting& b) {
  return a.ref && b.ref && a.ref->name == b.ref->name && a.ref->key != b.ref->key;
}

Findings among(const std::vector<Holder>& holders, const ContextBase& context) {
  Findings findings;
  const std::string_view ns = context.object.id().ns;
  for (std::size_t i = 1; i < holders.size(); ++i) {
    const Holder& later = holders[i];
    for (std::size_t j = 0; j < i; ++j) {
      const Holder& first = holders[j];
      if (first.role == later.role || is_other_key_of_same_secret(first.setting, later.setting))
        continue;
      if (compare(first.setting, ns, later.setting, ns, context.view, context.object) !=
          model::Sameness::Same) {
        continue;
      }
      findings.push_back(shared(later.setting.path,
                                later.setting.display() + ", the same as for " + first.name,
                                first.name));
      break;
    }
  }
  return findings;
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  Findings findings;
  bool is_main = portworx.is_written_by_user();
  for (const auto& list : env_lists(portworx)) {
    std::vector<Holder> holders;
    for (const model::AuthName& name : model::kAuthNames) {
      const auto role = role_of_variable(name.key);
      if (!role) continue;
      Setting setting =
          is_main ? portworx.effective(name.key) : setting_in(*list, name.variable, context);
      const bool is_read = setting.is_provided() || setting.form == Setting::Form::SecretKey;
      if (!is_read && setting.is_maybe()) context.unverified(setting.needs);
      if (is_read) holders.push_back({*role, std::string(name.variable), std::move(setting)});
    }
    for (Finding& finding : among(holders, context)) findings.push_back(std::move(finding));
    is_main = false;
  }
  return findings;
}

// By its documented name, else by the variable of Portworx that reads it.
std::optional<Role> role_of(std::string_view key, const SecretFacts& secret,
                            const ContextBase& context) {
  if (const auto role = role_of_key(key)) return role;
  const PortworxConfig* portworx = context.view.portworx(context.object).get();
  if (portworx == nullptr || portworx->object().id().ns != secret.id().ns) return std::nullopt;
  for (const model::AuthName& name : model::kAuthNames) {
    const Setting& setting = portworx->effective(name.key);
    const bool is_read = setting.ref && setting.form != Setting::Form::ConfigMapKey &&
                         setting.ref->name == secret.id().name && setting.ref->key == key;
    if (is_read && role_of_variable(name.key)) return role_of_variable(name.key);
  }
  return std::nullopt;
}

// Equal placeholders are no equal keys: a tool will put the keys in.
bool is_rendered_later(const model::Object& secret, std::string_view key) {
  const std::string_view text = secret.root()["stringData"][key].text();
  return !text.empty() && (model::is_injector_reference(text) || text.front() == '<');
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  if (!context.settings.names_key_secret(secret.id().name) && !is_referred_to(secret, context))
    return {};
  struct Key {
    Role role;
    const std::string* name;
    const std::string* digest;
  };
  Findings findings;
  std::vector<Key> keys;
  for (const auto& [name, facts] : secret.keys()) {
    const auto role = role_of(name, secret, context);
    if (!role || facts.empty || facts.digest.empty() || is_rendered_later(context.object, name))
      continue;
    for (const Key& other : keys) {
      if (other.role == *role || *other.digest != facts.digest) continue;
      const bool in_string_data = context.object.root()["stringData"][name].is_set();
      findings.push_back(shared(model::FieldPath{in_string_data ? "stringData" : "data"}.key(name),
                                "the same bytes as key " + printable(*other.name, 80),
                                *other.name));
      break;
    }
    keys.push_back({*role, &name, &facts.digest});
  }
  return findings;
}

constexpr Check kChecks[] = {on_portworx, on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS109",
    .name = "key-shared-by-roles",
    .title = "Two roles of PX-Security share one key",
    .rationale =
        "Whoever may sign tokens of users can then sign those of nodes or Stork, which are "
        "administrators.",
    .fix =
        "Give each of system, apps and user tokens a random key of 64 characters; in a live "
        "cluster this is a rotation (PXS901) and needs a planned restart.",
    .by_hand =
        "kubectl -n kube-system get secret pxkeys -o go-template='{{range "
        ".data}}{{.}}{{\"\\n\"}}{{end}}' | sort | uniq -d | wc -l",
    .source =
        "openstorage pkg/auth: a token is verified by the key of its issuer, whoever signed it.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::key_shared_by_roles
