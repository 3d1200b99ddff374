// What rules may know of a Secret or ConfigMap: which keys it has, what kind of thing is in them,
// and whether two values are the same. The bytes are read once, turned into these facts, and wiped.
//
// Lifetime: owns everything. Threads: any number may read.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/public_key.h"
#include "rules/model/object.h"
#include "rules/model/token.h"

namespace pxguard::model {

// Where people put a token by mistake: Portworx reads kAuthTokenKey.
inline constexpr std::string_view kMisnamedTokenKey = "token";

struct SecretKeyFacts {
  enum class TokenForm : std::uint8_t { NotRead, Token, EncodedTwice, TooLarge, Other };

  bool empty = false;
  bool undecodable = false;  // `data` that is not base64, or no text: the API server refuses it
  std::string digest{};      // keyed; equal within this process if and only if the bytes are

  // Of a Secret:
  bool rendered_later = false;  // a reference or template: a tool puts the value in, unseen
  bool conflicting = false;     // data and stringData hold different bytes
  bool outer_space = false;     // white space before or behind
  bool ends_with_newline = false;
  bool inner_break = false;  // a line break or NUL inside
  bool shorter_than_32 = false;
  bool shorter_than_64 = false;
  bool few_distinct = false;   // of a few different bytes: a word, a pattern
  bool known_sample = false;   // as some documentation prints it
  bool nested_base64 = false;  // what it decodes to can be decoded again
  // Of the keys auth-token and token, white space around them left out.
  TokenForm token_form = TokenForm::NotRead;
  std::optional<TokenFacts> token{};  // of TokenForm::Token

  // Of both kinds, where something in it looks like PEM.
  std::optional<PublicKeyFacts> pem{};
};

// The last time that the data of a Secret changed.
struct DataChange {
  std::chrono::system_clock::time_point at{};
  // It was seen to happen. Otherwise its managers say so: one that writes the data wrote something
  // then, and not necessarily the data.
  bool is_certain = false;
};

// One is of bytes and the other of a word that somebody wrote down: nothing can be said.
[[nodiscard]] bool are_comparable(std::string_view digest, std::string_view other);

class SecretFacts {
 public:
  // Of a v1 Secret: data, overlaid by stringData as the API server does.
  // Of a v1 ConfigMap: the keys of data and binaryData, without digests.
  static SecretFacts of(const Object& object);
  // What somebody wrote down about a Secret: its keys, each with a word that is the same for equal
  // values. Of values themselves nothing is known.
  static SecretFacts known(ObjectId id, const std::map<std::string, std::string>& words);

  [[nodiscard]] const ObjectId& id() const { return id_; }
  [[nodiscard]] const std::map<std::string, SecretKeyFacts, std::less<>>& keys() const {
    return keys_;
  }
  [[nodiscard]] const SecretKeyFacts* key(std::string_view name) const;
  [[nodiscard]] const std::string& type() const { return type_; }
  [[nodiscard]] bool is_immutable() const { return immutable_; }
  // An owner is a StorageCluster of Portworx: the operator made it.
  [[nodiscard]] bool is_owned_by_storage_cluster() const { return of_storage_cluster_; }
  // Its owner, a label or an annotation says that something else makes it and keeps it fresh:
  // External Secrets, Sealed Secrets, a replicator.
  [[nodiscard]] bool has_producer() const { return producer_; }
  // Velero or Stork has brought it here from a backup or another cluster.
  [[nodiscard]] bool is_restored_copy() const { return restored_; }
  // None where nobody watches: in files, and in a review.
  [[nodiscard]] const std::optional<DataChange>& change() const { return change_; }
  void set_change(const DataChange& change) { change_ = change; }
  // Digests of a view that is asked by strangers: they compare with those of other such facts, and
  // not with those of bytes that somebody sends (model/blind.h).
  void make_blind();

 private:
  ObjectId id_;
  std::string type_;
  std::map<std::string, SecretKeyFacts, std::less<>> keys_;
  bool immutable_ = false;
  bool of_storage_cluster_ = false;
  bool producer_ = false;
  bool restored_ = false;
  std::optional<DataChange> change_;
};

}  // namespace pxguard::model
