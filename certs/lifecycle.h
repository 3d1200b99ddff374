// What becomes next of a CA, its serving certificate and the bundles that clients trust: the
// decision, without clocks, keys and connections. docs/adr/0014 tells why in this order.
//
// Several replicas decide at once from what each of them sees. Each step is one write that fails
// where somebody else was faster, and whatever was seen before it is looked at again. A step that
// is lost to a crash is decided again. At every moment what is served is signed by something that
// is published:
//
//   a new CA stands in the Secret as `next`        MakeNext
//   every bundle has old and new                   Publish
//   ... for long enough that everybody knows it    Wait
//   the Secret has a leaf of the new CA            Promote
//   what the old CA signed has expired             Wait
//   the Secret forgets the old CA                  DropOld
//   every bundle has the new one alone             Publish
//
// Threads: safe.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "certs/authority.h"

namespace pxguard::certs {

using Time = std::chrono::system_clock::time_point;

// The SHA-256 fingerprint of a certificate.
using CertificateId = std::string;

struct HeldAuthority {
  CertificateId id{};
  Validity validity{};
};

struct HeldLeaf {
  CertificateId signer{};  // "": none of the CAs that are held
  Validity validity{};
  bool has_names = true;  // is for all names that the webhook is called by
};

// What the Secret holds, as far as it can be used.
struct Holding {
  std::optional<HeldAuthority> active{};  // signs
  std::optional<HeldAuthority> next{};    // will, once everybody trusts it
  std::set<CertificateId> old{};          // do not sign any more; what they signed may be served
  std::optional<HeldLeaf> leaf{};
  Time old_until{};         // by then all that they signed has expired
  bool wants_next = false;  // an administrator asked for a rotation
};

// The caBundles of the webhook configurations, one a configuration's entry.
using Bundles = std::vector<std::set<CertificateId>>;

struct Seen {
  std::optional<Holding> held{};  // none: there is no Secret
  // None: not known. Empty: there is no entry that anybody is called by.
  std::optional<Bundles> bundles{};
  // For how long every bundle is known to have had `next`, by a clock that nobody sets.
  std::chrono::steady_clock::duration next_published{};
};

// Lives and margins. Wall clocks of machines may be wrong by up to a day.
struct Terms {
  std::chrono::seconds authority_life = std::chrono::hours(24) * 3650;
  std::chrono::seconds leaf_life = std::chrono::hours(24) * 90;
  // Before now, so that a clock that is behind takes what one that is ahead has made.
  std::chrono::seconds backdated = std::chrono::hours(24) * 2;
  // After the end of what an old CA signed.
  std::chrono::seconds margin = std::chrono::hours(24) * 4;
  // From when a new CA is in every bundle until what it signed is served: API servers hear of a
  // changed configuration by a watch each.
  std::chrono::seconds trust_delay = std::chrono::minutes(1);
};

struct Step {
  enum class Do {
    Nothing,
    Create,     // CA and leaf, in a Secret that is not there
    Adopt,      // a next CA beside whatever is published: the Secret's own is gone
    IssueLeaf,  // by the CA that is there
    Publish,    // wanted() into every bundle
    MakeNext,
    Promote,  // next signs, and its leaf is in the Secret
    DropOld,
    Wait,  // for `next_published`
  };
  Do what = Do::Nothing;
  std::string_view why{};  // for the log

  bool operator==(const Step& other) const { return what == other.what; }
};

[[nodiscard]] Step next_step(Time now, const Seen& seen, const Terms& terms);
// What has happened when it is done, for people.
[[nodiscard]] std::string_view to_string(Step::Do what);

// What every bundle should have.
[[nodiscard]] std::set<CertificateId> wanted(const Holding& held);
[[nodiscard]] bool is_in_all(const Bundles& bundles, const CertificateId& id);

// Whether a replica should take the leaf of the Secret in place of the one that it serves, which
// was signed by `served`; "" where it serves none. What nobody trusts yet is only taken where
// nobody could be relying on what was before.
[[nodiscard]] bool should_serve(const HeldLeaf& offered, const std::optional<Bundles>& bundles,
                                const std::optional<HeldLeaf>& served, Time now);

}  // namespace pxguard::certs
