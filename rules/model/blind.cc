#include "rules/model/blind.h"

#include "base/secret_value.h"
#include "rules/model/cluster_view.h"
#include "rules/model/secret.h"

namespace pxguard::model {
namespace {

constexpr std::string_view kBlind = "pxguard-blind-";

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

std::string blind(std::string_view bytes) {
  return bytes.empty() ? std::string() : blind_digest(keyed_digest(bytes));
}

std::string blind_digest(std::string_view digest) {
  return std::string(kBlind) + hexadecimal(digest);
}

bool is_blind(std::string_view text) { return text.starts_with(kBlind); }

bool is_sent_beside_known(std::string_view digest, std::string_view other) {
  return are_comparable(digest, other) && is_blind(digest) != is_blind(other);
}

std::optional<bool> same_bytes(std::string_view digest, std::string_view other,
                               const ClusterView& view) {
  if (!are_comparable(digest, other)) return std::nullopt;
  if (is_blind(digest) == is_blind(other)) return digest == other;
  if (!view.compares_sent_bytes()) return std::nullopt;
  return is_blind(digest) ? digest == blind_digest(other) : blind_digest(digest) == other;
}

}  // namespace pxguard::model
