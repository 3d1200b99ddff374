#include <doctest/doctest.h>

#include "base/rfc3339.h"

namespace pxguard {

using std::chrono::sys_days;
using std::chrono::system_clock;
using namespace std::chrono_literals;

TEST_CASE("a time of Kubernetes is read, and written as it was") {
  const auto time = parse_time("2026-11-24T05:06:07Z");
  REQUIRE(time);
  CHECK(*time == sys_days(2026y / 11 / 24) + 5h + 6min + 7s);
  CHECK(time_text(*time) == "2026-11-24T05:06:07Z");
  CHECK(time_text(*time + 999ms) == "2026-11-24T05:06:07Z");
}

TEST_CASE("fractions are passed over, offsets are counted") {
  CHECK(parse_time("2026-11-24T05:06:07.123456Z") == parse_time("2026-11-24T05:06:07Z"));
  CHECK(parse_time("2026-11-24T07:06:07+02:00") == parse_time("2026-11-24T05:06:07Z"));
  CHECK(parse_time("2026-11-23T23:36:07-05:30") == parse_time("2026-11-24T05:06:07Z"));
}

TEST_CASE("what is no time is none") {
  for (const char* text :
       {"", "now", "2026-11-24", "2026-11-24T05:06:07", "2026-11-24 05:06:07Z",
        "2026-13-24T05:06:07Z", "2026-02-30T05:06:07Z", "2026-11-24T24:06:07Z",
        "2026-11-24T05:06:07.Z", "2026-11-24T05:06:07Zx", "2026-11-24T05:06:07+2:00",
        "-026-11-24T05:06:07Z", "9999-11-24T05:06:07Z", "2026-11-2\xc3\xa4T05:06:07Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
}

}  // namespace pxguard
