// Who may write: decisions about a Lease, on records and a clock that the test moves.
#include <doctest/doctest.h>

#include <string>

#include "cluster/lease_step.h"

namespace pxguard::cluster {
namespace {

using namespace std::chrono_literals;
using Do = LeaseStep::Do;

const SeenLease::Clock::time_point kNow{1000s};

LeaseRecord held_by(std::string holder, std::string version = "1") {
  return {.holder = std::move(holder), .duration = 30s, .version = std::move(version)};
}

}  // namespace

TEST_CASE("without anything to write nobody takes the Lease") {
  CHECK(next({}, "me", false, kNow).what == Do::Nothing);
  CHECK(next(see({}, held_by(""), kNow), "me", false, kNow).what == Do::Nothing);
  CHECK(next(see({}, held_by("other"), kNow), "me", false, kNow + 1h).what == Do::Nothing);
}

TEST_CASE("a Lease that is not there, or that nobody holds, is taken") {
  CHECK(next({}, "me", true, kNow).what == Do::Take);
  CHECK(next(see({}, held_by(""), kNow), "me", true, kNow).what == Do::Take);
}

TEST_CASE("whoever finds it held waits, and never longer than it can be held") {
  const auto seen = see({}, held_by("other"), kNow);
  const LeaseStep first = next(seen, "me", true, kNow);
  CHECK(first.what == Do::Wait);
  CHECK(first.wait > 0ms);
  CHECK(first.wait <= 5s);
  CHECK(next(seen, "me", true, kNow + 29s).what == Do::Wait);
}

TEST_CASE("a holder whose record does not change for its duration is passed over") {
  const auto seen = see({}, held_by("dead"), kNow);
  CHECK(next(seen, "me", true, kNow + 30s).what == Do::Take);
}

TEST_CASE("a record that changes begins its time anew; the same record read again does not") {
  const auto first = see({}, held_by("other", "1"), kNow);
  const auto again = see(first, held_by("other", "1"), kNow + 20s);
  CHECK(again.since == kNow);
  const auto renewed = see(first, held_by("other", "2"), kNow + 20s);
  CHECK(renewed.since == kNow + 20s);
  CHECK(next(renewed, "me", true, kNow + 40s).what == Do::Wait);
}

TEST_CASE("the holder writes, renews at half of the time, and lets go when it is done") {
  const auto seen = see({}, held_by("me"), kNow);
  CHECK(next(seen, "me", true, kNow + 14s).what == Do::Write);
  CHECK(next(seen, "me", true, kNow + 15s).what == Do::Renew);
  CHECK(next(seen, "me", false, kNow + 1s).what == Do::Release);
}

TEST_CASE("a duration that means nothing is taken for ours") {
  for (const auto duration : {-5s, 0s, 1'000'000s}) {
    auto record = held_by("other");
    record.duration = duration;
    const auto seen = see({}, record, kNow);
    CHECK(next(seen, "me", true, kNow + 29s).what == Do::Wait);
    CHECK(next(seen, "me", true, kNow + 31s).what == Do::Take);
  }
}

}  // namespace pxguard::cluster
