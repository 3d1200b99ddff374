#include "cluster/lease_step.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace pxguard::cluster {
namespace {

using std::chrono::milliseconds;

// Writing takes a second or two, so a Lease that is held is free again soon.
constexpr milliseconds kShortestWait{500};
constexpr milliseconds kLongestWait{5'000};

// Somebody wrote a duration that means nothing: ours then.
std::chrono::seconds duration_of(const LeaseRecord& record) {
  const bool is_sensible = record.duration.count() > 0 && record.duration <= 10 * limits::kLease;
  return is_sensible ? record.duration : limits::kLease;
}

}  // namespace

SeenLease see(const std::optional<SeenLease>& before, LeaseRecord record,
              SeenLease::Clock::time_point now) {
  const bool is_same = before && before->record.version == record.version;
  return {.record = std::move(record), .since = is_same ? before->since : now};
}

LeaseStep next(const std::optional<SeenLease>& seen, std::string_view me, bool has_work,
               SeenLease::Clock::time_point now) {
  using Do = LeaseStep::Do;
  const bool is_mine = seen && seen->record.holder == me;
  if (!has_work) return {is_mine ? Do::Release : Do::Nothing};
  if (!seen || seen->record.holder.empty()) return {Do::Take};
  const auto duration = duration_of(seen->record);
  const auto age = now - seen->since;
  if (is_mine) return {age * 2 >= duration ? Do::Renew : Do::Write};
  if (age >= duration) return {Do::Take};
  const auto left = std::chrono::ceil<milliseconds>(duration - age);
  return {Do::Wait, std::clamp(left, kShortestWait, kLongestWait)};
}

}  // namespace pxguard::cluster
