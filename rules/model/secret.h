// What rules may know of a Secret or ConfigMap: which keys it has and whether two values are the
// same. The bytes are read once, turned into these facts, and wiped.
//
// Lifetime: owns everything. Threads: any number may read.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "rules/model/object.h"

namespace pxguard::model {

struct SecretKeyFacts {
  bool empty = false;
  bool undecodable = false;  // `data` that is not base64: the API server refuses it
  std::string digest{};      // keyed; equal within this process if and only if the bytes are
};

class SecretFacts {
 public:
  // Of a v1 Secret: data, overlaid by stringData as the API server does.
  // Of a v1 ConfigMap: the keys of data and binaryData, without digests.
  static SecretFacts of(const Object& object);

  [[nodiscard]] const ObjectId& id() const { return id_; }
  [[nodiscard]] const std::map<std::string, SecretKeyFacts, std::less<>>& keys() const {
    return keys_;
  }
  [[nodiscard]] const SecretKeyFacts* key(std::string_view name) const;
  [[nodiscard]] const std::string& type() const { return type_; }

 private:
  ObjectId id_;
  std::string type_;
  std::map<std::string, SecretKeyFacts, std::less<>> keys_;
};

}  // namespace pxguard::model
