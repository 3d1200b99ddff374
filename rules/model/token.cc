#include "rules/model/token.h"

#include <algorithm>

#include "rules/model/portworx_names.h"

namespace pxguard::model {
namespace {

TokenFacts::List kind_of(json::Value list) {
  // A Go decoder reads null into a slice as nothing at all.
  if (!list.is_set()) return TokenFacts::List::Absent;
  if (!list.is_array()) return TokenFacts::List::Other;
  for (const json::Value element : list.elements()) {
    if (!element.is_string()) return TokenFacts::List::Other;
  }
  return list.empty() ? TokenFacts::List::Empty : TokenFacts::List::Texts;
}

bool contains(json::Value list, std::string_view text) {
  for (const json::Value element : list.elements()) {
    if (element.text() == text) return true;
  }
  return false;
}

}  // namespace

TokenFacts TokenFacts::of(const jwt::Token& token) {
  const json::Value claims = token.claims();
  TokenFacts facts;
  facts.algorithm = token.algorithm();
  facts.key_kind = token.key_kind();
  facts.issuer = claims["iss"].text();
  for (const std::string_view claim : kRequiredClaims) {
    if (claims[claim].is_absent()) facts.missing.push_back(claim);
  }
  for (const std::string_view claim : {kRequiredClaims[0], kRequiredClaims[1]}) {
    if (!claims[claim].is_absent() && claims[claim].text().empty()) facts.empty.push_back(claim);
  }
  facts.roles = kind_of(claims["roles"]);
  facts.groups = kind_of(claims["groups"]);
  facts.is_admin = contains(claims["roles"], kAdminRole);
  facts.has_every_group = contains(claims["groups"], kEveryGroup);
  facts.issued_at = jwt::numeric_date(claims["iat"]);
  facts.expires_at = jwt::numeric_date(claims["exp"]);
  const std::string_view name = claims["name"].text();
  for (const std::string_view made : {kUserToken, kAdminToken}) {
    if (name == made) facts.operator_name = made;
  }
  return facts;
}

bool TokenFacts::lacks(std::string_view claim) const {
  return std::find(missing.begin(), missing.end(), claim) != missing.end();
}

}  // namespace pxguard::model
