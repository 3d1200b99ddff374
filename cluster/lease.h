// The Lease of those who write (coordination.k8s.io/v1): what lease_step.h decides, done.
//
// Lifetime: the client that is given outlives each call. Threads: one at a time.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cluster/client.h"
#include "cluster/lease_step.h"

namespace pxguard::cluster {

class Lease {
 public:
  struct Name {
    std::string ns{};
    std::string name = "pxguard-reports";
  };
  struct Now {
    SeenLease::Clock::time_point steady{};
    std::chrono::system_clock::time_point wall{};  // for people who read the record
  };

  // `me`: no other process has ever had it.
  Lease(Name name, std::string me) : name_(std::move(name)), me_(std::move(me)) {}

  // Does what is next: Write (the Lease is ours), Wait, or Nothing (it is let go). That somebody
  // was faster is a Wait and no failure.
  Answer<LeaseStep> advance(Client& client, bool has_work, const Now& now);

 private:
  Answer<LeaseStep> take(Client& client, const Now& now);
  Answer<LeaseStep> release(Client& client, const Now& now);
  [[nodiscard]] std::string text_of(const LeaseRecord& record, const Now& now) const;
  std::optional<Failure> read(Client& client, const Now& now);
  void remember(const json::Document& lease, const Now& now);

  const Name name_;
  const std::string me_;
  std::optional<SeenLease> seen_;
};

}  // namespace pxguard::cluster
