// From the bytes of a Secret or ConfigMap to facts about them: the one place of the model that
// looks at them. The bytes are wiped when this is done.
//
// Threads: safe.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret_value.h"
#include "rules/model/object.h"
#include "rules/model/secret.h"

namespace pxguard::model {

// Of a Secret: stringData, else data without its base64. Of a ConfigMap: data, else binaryData.
// None where there is no such key, or no base64.
[[nodiscard]] std::optional<SecretValue> bytes_of_key(const Object& object, std::string_view key);

// The bytes of key auth-token, white space around them left out.
[[nodiscard]] std::optional<SecretValue> token_of(const Object& secret);
[[nodiscard]] std::optional<SecretValue> base64_bytes(std::string_view base64);

// A tool will put the value in: a reference of a secret injector, a template, sops.
[[nodiscard]] bool is_rendered_later(std::string_view text);

// Everything but what needs the rest of the object. `key` tells where a token may be.
[[nodiscard]] SecretKeyFacts facts_of_secret(const SecretValue& value, std::string_view key);
// Of a ConfigMap: whether it is empty, and the public key.
[[nodiscard]] SecretKeyFacts facts_of_config(const SecretValue& value);
// Text under `data` of a Secret that is no base64, or no text at all.
[[nodiscard]] SecretKeyFacts facts_of_undecodable(std::string_view text);

}  // namespace pxguard::model
