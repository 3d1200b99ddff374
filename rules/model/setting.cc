#include "rules/model/setting.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"
#include "rules/model/blind.h"

namespace pxguard::model {
namespace {

Setting maybe(Setting setting, std::string needs) {
  setting.presence = Setting::Presence::Maybe;
  setting.needs = std::move(needs);
  return setting;
}

// The variable that "$(NAME)" names; none of other text.
std::optional<std::string_view> sole_reference(std::string_view literal) {
  if (!literal.starts_with("$(") || !literal.ends_with(')') || literal.size() < 4)
    return std::nullopt;
  const std::string_view name = literal.substr(2, literal.size() - 3);
  return name.find_first_of("$()") == std::string_view::npos ? std::optional(name) : std::nullopt;
}

void set_value(Setting& setting, std::string_view value, bool is_public) {
  setting.value = std::make_shared<const SecretValue>(value);
  setting.blind = is_blind(value) ? std::string(value) : std::string();
  if (is_public) setting.text = std::string(value);
}

}  // namespace

bool is_injector_reference(std::string_view literal) {
  constexpr std::array<std::string_view, 10> kPrefixes = {
      "vault:",   ">>vault:",           "ref+",   "secretref+", "op://",
      "arn:aws:", "gcp:secretmanager:", "<path:", "${",         "{{"};
  return literal.ends_with("azurekeyvault") || literal.find("{{") != std::string_view::npos ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [literal](std::string_view prefix) { return literal.starts_with(prefix); });
}

std::string shown_text(std::string_view text) {
  const bool is_pem = text.find("-----BEGIN ") != std::string_view::npos;
  return is_pem ? "PEM text" : '"' + printable(text, 60) + '"';
}

std::string Setting::digest() const {
  if (!blind.empty()) return blind;
  return value ? keyed_digest(*value) : std::string();
}

std::string Setting::display() const {
  const auto shown = [this] { return shown_text(*text); };
  switch (form) {
    case Form::None: return "nothing";
    case Form::Literal: return text ? shown() : "a literal value";
    case Form::SecretKey:
    case Form::Operator:
      if (ref) return ref->display();
      return text ? shown() : "set by the operator";
    case Form::ConfigMapKey:
      return ref ? "configmap " + printable(ref->name, 120) + ", key " + printable(ref->key, 120)
                 : "a key of a configmap";
    case Form::EnvFrom: return ref ? ref->display() + " (envFrom)" : "envFrom";
    case Form::Argument: return text ? "argument " + shown() : "an argument";
    case Form::DashE: return text ? "argument -e with " + shown() : "an argument -e";
  }
  std::abort();
}

Setting Settings::of_entry(const EnvVar& entry, bool is_public, bool follow) const {
  Setting setting{.presence = Setting::Presence::Provided, .path = entry.path()};
  const auto name = [&entry] { return printable(entry.name(), 80); };
  switch (entry.kind()) {
    case EnvVar::Kind::Other:
      return maybe(setting, "the value of " + name() + " (fieldRef or resourceFieldRef)");
    case EnvVar::Kind::SecretKey:
    case EnvVar::Kind::ConfigMapKey:
      setting.form = entry.kind() == EnvVar::Kind::SecretKey ? Setting::Form::SecretKey
                                                             : Setting::Form::ConfigMapKey;
      setting.ref = entry.ref();
      setting.is_optional = entry.is_optional();
      return setting.is_optional
                 ? maybe(setting, setting.display() + " (optional: true, so it may be missing)")
                 : setting;
    case EnvVar::Kind::Literal: break;
  }
  const std::string_view literal = entry.literal();
  if (literal.empty()) return {.path = entry.path()};
  setting.form = Setting::Form::Literal;
  if (is_injector_reference(literal))
    return maybe(setting, "the value that a secret injector puts into " + name());
  if (literal.find("$(") != std::string_view::npos) {
    const auto other = sole_reference(literal);
    for (const EnvVar& earlier : from_.env.variables) {
      if (&earlier == &entry || !follow || !other) break;
      if (earlier.name() == *other) {
        Setting followed = of_entry(earlier, is_public, false);
        followed.path = entry.path();
        return followed;
      }
    }
    return maybe(setting, "the value that $(...) in " + name() + " stands for");
  }
  set_value(setting, literal, is_public);
  return setting;
}

Setting Settings::of_env_from(std::string_view name) const {
  for (auto source = from_.env.sources.rbegin(); source != from_.env.sources.rend(); ++source) {
    if (!name.starts_with(source->prefix)) continue;
    const std::string_view key = name.substr(source->prefix.size());
    Setting setting{.presence = Setting::Presence::Provided,
                    .form = Setting::Form::EnvFrom,
                    .path = source->path};
    const bool is_secret = source->kind == EnvFrom::Kind::Secret;
    const auto facts =
        is_secret ? from_.view.secret(from_.object, from_.object.id().ns, source->name)
                  : from_.view.config_map(from_.object, from_.object.id().ns, source->name);
    if (facts.is_unknown()) return maybe(setting, "the keys of " + facts.needs() + " (envFrom)");
    if (facts.is_absent()) continue;
    const SecretKeyFacts* found = facts.get()->key(key);
    if (found == nullptr) continue;
    if (found->empty) return {.path = source->path};
    if (is_secret) setting.ref = SecretRef{source->name, std::string(key)};
    setting.is_optional = source->optional;
    if (source->optional)
      return maybe(setting,
                   printable(source->name, 120) + " (optional: true, so it may be missing)");
    return setting;
  }
  return {.path = from_.env.path};
}

Setting Settings::variable(std::string_view name, bool is_public) const {
  const EnvVar* entry = from_.env.last(name, from_.count);
  Setting setting = entry != nullptr ? of_entry(*entry, is_public, true) : of_env_from(name);
  if (!from_.wrapped_by.empty() && !setting.is_maybe()) return maybe(setting, from_.wrapped_by);
  return setting;
}

Setting Settings::argument(AuthKey key) const {
  Setting setting;
  for (const Argument& argument : from_.arguments) {
    if (argument.key != key) continue;
    setting = {.presence = Setting::Presence::Provided,
               .form = Setting::Form::Argument,
               .path = argument.path};
    if (!argument.has_value) continue;
    const auto reference = sole_reference(argument.value);
    if (!reference && argument.value.find("$(") == std::string::npos) {
      set_value(setting, argument.value, !auth_name(key).is_secret);
      continue;
    }
    const EnvVar* variable = reference ? from_.env.last(*reference) : nullptr;
    if (variable == nullptr) {
      setting = maybe(setting, "the value that $(...) behind " + argument.flag + " stands for");
      continue;
    }
    const Setting followed = of_entry(*variable, !auth_name(key).is_secret, true);
    setting.text = followed.text;
    setting.value = followed.value;
    setting.blind = followed.blind;
    if (!followed.is_provided()) setting = maybe(setting, followed.needs);
  }
  return setting;
}

Setting Settings::dash_e(std::string_view name, bool is_public) const {
  Setting setting;
  for (const Argument& argument : from_.arguments) {
    if (argument.flag != "-e" || !argument.has_value) continue;
    const std::string_view pair = argument.value;
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    setting = {.path = argument.value_path};
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (value.empty()) continue;
    setting.presence = Setting::Presence::Provided;
    setting.form = Setting::Form::DashE;
    if (value.find("$(") != std::string_view::npos || is_injector_reference(value)) {
      setting = maybe(setting, "the value behind -e " + printable(name, 80));
    } else {
      set_value(setting, value, is_public);
    }
  }
  return setting;
}

namespace {

// Of its value, or of what it refers to; "" where that is not in view.
std::string digest_of(const Setting& setting, std::string_view ns, const ClusterView& view,
                      const Object& from) {
  if (setting.value) return setting.digest();
  if (!setting.ref || setting.form == Setting::Form::ConfigMapKey) return {};
  const auto facts = view.secret(from, ns, setting.ref->name);
  const SecretKeyFacts* key = facts.get() != nullptr ? facts.get()->key(setting.ref->key) : nullptr;
  return key != nullptr ? key->digest : std::string{};
}

}  // namespace

Sameness compare(const Setting& a, std::string_view a_ns, const Setting& b, std::string_view b_ns,
                 const ClusterView& view, const Object& from) {
  const bool same_kind =
      (a.form == Setting::Form::ConfigMapKey) == (b.form == Setting::Form::ConfigMapKey);
  if (a.ref && b.ref && *a.ref == *b.ref && a_ns == b_ns && same_kind) return Sameness::Same;
  if (a.value && b.value && a.blind.empty() && b.blind.empty())
    return a.value->same_as(*b.value) ? Sameness::Same : Sameness::Different;
  const std::string left = digest_of(a, a_ns, view, from);
  const std::string right = digest_of(b, b_ns, view, from);
  const auto same = same_bytes(left, right, view);
  if (!same) return Sameness::Unknown;
  return *same ? Sameness::Same : Sameness::Different;
}

std::string_view how_to_compare(const Setting& a, std::string_view a_ns, const Setting& b,
                                std::string_view b_ns, const ClusterView& view,
                                const Object& from) {
  const bool is_sent_bytes =
      !view.compares_sent_bytes() &&
      is_sent_beside_known(digest_of(a, a_ns, view, from), digest_of(b, b_ns, view, from));
  return is_sent_bytes ? kHowToCompareSentBytes : std::string_view();
}

}  // namespace pxguard::model
