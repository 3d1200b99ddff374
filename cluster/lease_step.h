// Who of several replicas may write: the decision, without clocks and connections.
//
// A Lease is taken only while there is something to write, and let go at once. Whether its holder
// is still there is told by the record: one that has not changed for its duration, by our own
// steady clock, belongs to somebody who died. Clocks of other machines are not asked.
//
// Threads: safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pxguard::cluster {

struct LeaseRecord {
  std::string holder{};  // "": nobody
  std::chrono::seconds duration{};
  std::int64_t transitions = 0;
  std::string version{};  // resourceVersion
};

struct SeenLease {
  using Clock = std::chrono::steady_clock;

  LeaseRecord record{};
  Clock::time_point since{};  // when this version was first seen
};

// A version that was seen before keeps its time.
SeenLease see(const std::optional<SeenLease>& before, LeaseRecord record,
              SeenLease::Clock::time_point now);

struct LeaseStep {
  enum class Do {
    Nothing,
    Take,  // make it, or replace exactly the record that was seen
    Wait,  // somebody else writes: look again after `wait`
    Write,
    Renew,
    Release,
  };
  Do what = Do::Nothing;
  std::chrono::milliseconds wait{};

  bool operator==(const LeaseStep&) const = default;
};

// `seen`: none where there is no such Lease.
LeaseStep next(const std::optional<SeenLease>& seen, std::string_view me, bool has_work,
               SeenLease::Clock::time_point now);

}  // namespace pxguard::cluster
