// What becomes next of a webhook configuration, for everything that can be seen of it.
#include <doctest/doctest.h>

#include "cluster/activation.h"

namespace pxguard::cluster {
namespace {

using Do = ActivationStep::Do;

ActivationSeen of_bits(unsigned bits) {
  const auto bit = [bits](unsigned place) { return (bits >> place & 1U) != 0; };
  return {.exists = bit(0),
          .is_as_wanted = bit(1),
          .is_closed = bit(2),
          .may_close = bit(3),
          .can_answer = bit(4),
          .is_proven = bit(5),
          .is_leaving = bit(6),
          .is_last = bit(7)};
}

TEST_CASE("of all that can be seen: it closes only when proven, and opens only for the last one") {
  for (unsigned bits = 0; bits < 256; ++bits) {
    CAPTURE(bits);
    const ActivationSeen seen = of_bits(bits);
    const Do what = next_step(seen).what;
    if (what == Do::Close)
      CHECK((seen.is_proven && seen.can_answer && seen.exists && seen.is_as_wanted &&
             seen.may_close && !seen.is_closed));
    if (what == Do::Open) CHECK((seen.is_leaving && seen.is_last && seen.is_closed && seen.exists));
    if (seen.is_leaving) CHECK((what == Do::Open || what == Do::Nothing));
    // Nobody is asked who cannot answer; what is asked already is put right all the same.
    if (!seen.can_answer) CHECK((what == Do::Nothing || what == Do::Apply || what == Do::Open));
    if (what == Do::Create) CHECK_FALSE(seen.exists);
    if (what == Do::Prove) CHECK((seen.is_as_wanted && !seen.is_proven));
  }
}

TEST_CASE("from nothing it is made, written, proven, closed, and then left alone") {
  ActivationSeen seen{.may_close = true, .can_answer = true};
  CHECK(next_step(seen).what == Do::Create);
  seen.exists = true;
  CHECK(next_step(seen).what == Do::Apply);
  seen.is_as_wanted = true;
  CHECK(next_step(seen).what == Do::Prove);
  seen.is_proven = true;
  CHECK(next_step(seen).what == Do::Close);
  seen.is_closed = true;
  CHECK(next_step(seen).what == Do::Nothing);
}

TEST_CASE("one that never closes is not proven") {
  CHECK(next_step({.exists = true, .is_as_wanted = true, .can_answer = true}).what == Do::Nothing);
}

}  // namespace
}  // namespace pxguard::cluster
