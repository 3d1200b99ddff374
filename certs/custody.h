// What the Secret of a self-managed webhook holds: a CA or two with their keys, the serving
// certificate, and the CAs that were. And what each step of certs/lifecycle.h makes of it: pure,
// but for the new keys.
//
// Lifetime: keys are in here for the time of one step, and wiped with it. Threads: one at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "certs/authority.h"
#include "certs/certificate.h"
#include "certs/lifecycle.h"

namespace pxguard::certs {

struct Custody {
  std::optional<Issued> active{};
  std::optional<Issued> next{};
  std::optional<Issued> leaf{};
  std::string old_pem{};
  Time old_until{};
  bool wants_next = false;
};

struct StepInput {
  Time now{};
  Terms terms{};
  std::vector<std::string> names{};  // DNS names that the webhook is called by
  std::string published{};           // PEM of all that is published, for Adopt
};

// As the decision sees it: what cannot be read, has the wrong key or is no CA is not there.
[[nodiscard]] Holding holding_of(const Custody& custody, const std::vector<std::string>& names);
// A chain and key that belong together; none without.
[[nodiscard]] std::optional<HeldLeaf> held_leaf(const Custody& custody,
                                                const std::vector<std::string>& names);

// What the Secret holds after Create, Adopt, IssueLeaf, MakeNext, Promote or DropOld.
// REQUIRES: next_step() has decided so for this custody
[[nodiscard]] Result<Custody> after(Step::Do what, Custody custody, const StepInput& input);

// What goes into caBundle: PEM, the CA that signs first.
[[nodiscard]] std::string bundle_of(const Custody& custody);

}  // namespace pxguard::certs
