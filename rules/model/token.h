// What rules may know of a token: which claims it has and what kind of thing is in them. The texts
// of two are kept: the algorithm, and the issuer, which every request names in the clear. Of what
// says who somebody is (sub, name, email) only that it is there.
// Sources: openstorage pkg/auth/claims.go, selfsigned.go (required claims), signature.go
// (algorithms); operator drivers/storage/portworx/component/auth.go (tokens of the operator).
//
// Lifetime: owns everything. Threads: any number may read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/jwt.h"

namespace pxguard::model {

// A token without one of these keys in its payload is refused.
inline constexpr std::array<std::string_view, 6> kRequiredClaims = {"iss", "sub",  "exp",
                                                                    "iat", "name", "email"};
// Roles and groups that may do everything.
inline constexpr std::string_view kAdminRole = "system.admin";
inline constexpr std::string_view kEveryGroup = "*";

struct TokenFacts {
  enum class List : std::uint8_t { Absent, Empty, Texts, Other };

  std::string algorithm{};
  // What it has to be verified with; none of an algorithm that Portworx does not know.
  std::optional<jwt::KeyKind> key_kind{};
  std::string issuer{};                     // "" where it is no text
  std::vector<std::string_view> missing{};  // of kRequiredClaims
  std::vector<std::string_view> empty{};    // of iss and sub: Portworx needs a text
  List roles = List::Absent;
  List groups = List::Absent;
  bool is_admin = false;                    // has the role system.admin
  bool has_every_group = false;             // has the group *
  std::optional<std::int64_t> issued_at{};  // seconds; none where it is absent or no number
  std::optional<std::int64_t> expires_at{};
  // "px-user-token" or "px-admin-token", where the claim `name` is one: made by the operator.
  std::string_view operator_name{};

  static TokenFacts of(const jwt::Token& token);
  [[nodiscard]] bool lacks(std::string_view claim) const;
};

}  // namespace pxguard::model
