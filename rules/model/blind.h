// What a live view keeps in the place of a value that may be secret: a word that is equal where the
// values are, within this process. It reads as a literal value, and is none.
//
// Threads: safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pxguard::model {

class ClusterView;

[[nodiscard]] std::string blind(std::string_view bytes);
// The same of bytes of which only the digest is known.
[[nodiscard]] std::string blind_digest(std::string_view digest);
[[nodiscard]] bool is_blind(std::string_view text);

// Whether two digests are of the same bytes. None where it cannot be told: one is missing, or a
// word that somebody wrote down, or one is of bytes that were sent and the other known to the view,
// which must not be compared.
[[nodiscard]] std::optional<bool> same_bytes(std::string_view digest, std::string_view other,
                                             const ClusterView& view);
// Only that keeps them from being compared: a site can allow it.
[[nodiscard]] bool is_sent_beside_known(std::string_view digest, std::string_view other);
inline constexpr std::string_view kHowToCompareSentBytes =
    " (bytes that are sent are compared only for clients with a certificate: serve --client-ca)";

}  // namespace pxguard::model
