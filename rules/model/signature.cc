#include "rules/model/signature.h"

#include "base/jwt.h"
#include "rules/model/portworx_names.h"
#include "rules/model/secret_bytes.h"

namespace pxguard::model {

Signature verify(const Object& token_secret, const Object& key_object, const KeyPlace& place) {
  const bool is_place = key_object.kind() == "Secret" ||
                        (key_object.kind() == "ConfigMap" && place.kind != jwt::KeyKind::Secret);
  if (token_secret.kind() != "Secret" || !is_place) return Signature::Unknown;
  const auto token = token_of(token_secret);
  const auto bytes = bytes_of_key(key_object, place.key);
  if (!token || !bytes) return Signature::Unknown;
  switch (jwt::verify(*token, place.kind, *bytes)) {
    case jwt::Signature::Valid: return Signature::Valid;
    case jwt::Signature::Invalid: return Signature::Invalid;
    case jwt::Signature::NotApplicable: return Signature::Unknown;
  }
  return Signature::Unknown;
}

}  // namespace pxguard::model
