// What becomes next of one webhook configuration that pxguard makes itself: the decision, without
// connections. It is made with everything at Ignore, and closes (Fail, as the policy says) once a
// request through the API server was refused by it. From then on whoever edits or deletes it is
// put right; a closed one stays closed, and one that was opened is proven again first.
//
// Threads: safe.
#pragma once

#include <string_view>

namespace pxguard::cluster {

struct ActivationSeen {
  bool exists = false;
  bool is_as_wanted = false;  // all but the failure policies
  bool is_closed = false;     // every entry that may close has
  bool may_close = false;     // there is such an entry
  bool can_answer = false;    // we serve something that its caBundle trusts
  bool is_proven = false;     // a request was refused since it was last written
  bool is_leaving = false;    // told to stop
  bool is_last = false;       // no other replica is ready
};

struct ActivationStep {
  enum class Do {
    Nothing,
    Create,  // empty
    Apply,   // as wanted; closed where it was
    Prove,
    Close,
    Open,
  };
  Do what = Do::Nothing;

  bool operator==(const ActivationStep&) const = default;
};

[[nodiscard]] ActivationStep next_step(const ActivationSeen& seen);
[[nodiscard]] std::string_view to_string(ActivationStep::Do what);

}  // namespace pxguard::cluster
