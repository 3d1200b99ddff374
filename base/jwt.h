// JSON Web Tokens in their compact form (RFC 7515, RFC 7519), read strictly: three parts in
// base64url without padding, of which the first two are JSON objects and the header names its
// algorithm. Of a claim that stands twice the last one counts, as json::Document has it.
//
// Reading a token proves nothing about it: verify() does, with a key whose kind the caller knows.
// The algorithm that the token names never chooses what kind of key is meant.
//
// Lifetime: a Token owns everything; its claims are valid while it is alive and stays where it is.
// Threads: any number may read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/secret_value.h"

namespace pxguard::jwt {

enum class KeyKind : std::uint8_t {
  Secret,  // raw bytes: HS256, HS384, HS512
  Rsa,     // a public key as PEM: RS256, RS384, RS512
  Ec,      // a public key as PEM: ES256, ES384, ES512
};

class Token {
 public:
  // TooLarge above limits::kToken, else Invalid; the messages say nothing of the content.
  static Result<Token> read(const SecretValue& text);

  [[nodiscard]] std::string_view algorithm() const { return header_.root()["alg"].text(); }
  // The kind of key that it must be verified with; none of "none" and what is not listed above.
  [[nodiscard]] std::optional<KeyKind> key_kind() const;
  [[nodiscard]] json::Value header() const { return header_.root(); }
  [[nodiscard]] json::Value claims() const { return claims_.root(); }

 private:
  Token(json::Document header, json::Document claims)
      : header_(std::move(header)), claims_(std::move(claims)) {}

  json::Document header_;
  json::Document claims_;
};

// exp, iat: seconds, with a fraction or not. None where it is no number.
[[nodiscard]] std::optional<std::int64_t> numeric_date(json::Value claim);

enum class Signature : std::uint8_t {
  Valid,
  Invalid,        // the algorithm belongs to the key, and the signature is not its
  NotApplicable,  // another algorithm, "none", no token, no key of that kind
};

// PEM is no shared secret here, even if somebody uses it as one: whoever has a public key could
// sign with it.
[[nodiscard]] Signature verify(const SecretValue& token, KeyKind kind, const SecretValue& key);

}  // namespace pxguard::jwt
