#include "rules/model/secret.h"

#include "base/base64.h"
#include "base/secret_value.h"

namespace pxguard::model {
namespace {

SecretKeyFacts facts_of(const SecretValue& value) {
  return {.empty = value.empty(), .undecodable = false, .digest = keyed_digest(value)};
}

SecretKeyFacts facts_of_base64(std::string_view text) {
  auto bytes = base64_decode(text);
  if (!bytes) return {.empty = false, .undecodable = true, .digest = {}};
  const SecretValue value(*bytes);
  bytes->assign(bytes->size(), '\0');
  return facts_of(value);
}

}  // namespace

SecretFacts SecretFacts::of(const Object& object) {
  SecretFacts facts;
  facts.id_ = object.id();
  facts.type_ = object.root()["type"].text();
  const bool is_secret = object.kind() == "Secret";
  for (const auto& [key, value, node] : object.root()["data"].members()) {
    facts.keys_[std::string(key)] =
        is_secret ? facts_of_base64(value.text()) : SecretKeyFacts{value.text().empty(), false, {}};
  }
  for (const auto& [key, value, node] :
       object.root()[is_secret ? "stringData" : "binaryData"].members()) {
    facts.keys_[std::string(key)] =
        is_secret ? facts_of(SecretValue(value.text())) : SecretKeyFacts{};
  }
  return facts;
}

const SecretKeyFacts* SecretFacts::key(std::string_view name) const {
  const auto found = keys_.find(name);
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace pxguard::model
