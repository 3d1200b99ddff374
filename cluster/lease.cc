#include "cluster/lease.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/rfc3339.h"

namespace pxguard::cluster {
namespace {

using LeaseDo = LeaseStep::Do;

const Resource& leases() {
  static const Resource resource{
      .group = "coordination.k8s.io", .plural = "leases", .kind = "Lease"};
  return resource;
}

constexpr std::chrono::milliseconds kAfterConflict{500};

// A MicroTime has six digits, no fewer.
std::string micro_time(std::chrono::system_clock::time_point time) {
  std::string text = time_text(time);
  text.pop_back();
  return text + ".000000Z";
}

}  // namespace

Answer<LeaseStep> Lease::advance(Client& client, bool has_work, const Now& now) {
  const bool is_mine = seen_ && seen_->record.holder == me_;
  if (!has_work && !is_mine) return LeaseStep{};
  if (!is_mine) {
    if (auto failure = read(client, now)) return *std::move(failure);
  }
  const LeaseStep step = next(seen_, me_, has_work, now.steady);
  if (step.what == LeaseDo::Take || step.what == LeaseDo::Renew) return take(client, now);
  if (step.what == LeaseDo::Release) return release(client, now);
  return step;
}

std::optional<Failure> Lease::read(Client& client, const Now& now) {
  const auto found = client.get(leases(), name_.ns, name_.name);
  if (found) {
    remember(*found, now);
    return std::nullopt;
  }
  if (found.error().kind != Failure::Kind::NotFound) return found.error();
  seen_.reset();
  return std::nullopt;
}

void Lease::remember(const json::Document& lease, const Now& now) {
  const json::Value spec = lease.root()["spec"];
  seen_ = see(seen_,
              {.holder = std::string(spec["holderIdentity"].text()),
               .duration = std::chrono::seconds(spec["leaseDurationSeconds"].integer_or(0)),
               .transitions = spec["leaseTransitions"].integer_or(0),
               .version = std::string(lease.root().at("metadata.resourceVersion").text())},
              now.steady);
}

Answer<LeaseStep> Lease::take(Client& client, const Now& now) {
  LeaseRecord record = seen_ ? seen_->record : LeaseRecord{};
  if (record.holder != me_) ++record.transitions;
  record.holder = me_;
  record.duration = limits::kLease;
  const std::string text = text_of(record, now);
  const auto written = seen_ ? client.replace(leases(), name_.ns, name_.name, text)
                             : client.create(leases(), name_.ns, text);
  if (written) {
    remember(*written, now);
    return LeaseStep{LeaseDo::Write};
  }
  // Read again before the next attempt; a record that is old already stays so.
  if (seen_ && seen_->record.holder == me_) seen_.reset();
  if (written.error().kind == Failure::Kind::Conflict ||
      written.error().kind == Failure::Kind::NotFound)
    return LeaseStep{LeaseDo::Wait, kAfterConflict};
  return written.error();
}

Answer<LeaseStep> Lease::release(Client& client, const Now& now) {
  LeaseRecord record = seen_->record;
  record.holder.clear();
  const auto written = client.replace(leases(), name_.ns, name_.name, text_of(record, now));
  seen_.reset();
  // Somebody has passed us over: then there is nothing to let go.
  if (written || written.error().kind == Failure::Kind::Conflict ||
      written.error().kind == Failure::Kind::NotFound)
    return LeaseStep{};
  return written.error();
}

std::string Lease::text_of(const LeaseRecord& record, const Now& now) const {
  nlohmann::ordered_json json = {{"apiVersion", leases().api_version()},
                                 {"kind", leases().kind},
                                 {"metadata",
                                  {{"name", name_.name},
                                   {"namespace", name_.ns},
                                   {"labels", {{"app.kubernetes.io/managed-by", "pxguard"}}}}},
                                 {"spec",
                                  {{"leaseDurationSeconds", record.duration.count()},
                                   {"renewTime", micro_time(now.wall)},
                                   {"leaseTransitions", record.transitions}}}};
  if (!record.version.empty()) json["metadata"]["resourceVersion"] = record.version;
  if (!record.holder.empty()) json["spec"]["holderIdentity"] = record.holder;
  return json.dump();
}

}  // namespace pxguard::cluster
