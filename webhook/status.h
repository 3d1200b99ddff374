// The other port: is the process alive, should it get requests, and what has it done.
//
// Lifetime: the metrics outlive it.
// Threads: safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "webhook/http.h"
#include "webhook/metrics.h"

namespace pxguard::webhook {

class Status {
 public:
  Status(const Metrics& metrics, std::function<std::size_t()> open_connections);

  void set_policy_loaded() { policy_loaded_ = true; }
  void set_certificate_loaded() { certificate_loaded_ = true; }
  // What else there is to wait for; "" once there is nothing.
  // REQUIRES: nobody is answered yet
  void set_wait_for(std::function<std::string()> wait_for) { wait_for_ = std::move(wait_for); }
  // Before the listener goes: so that nobody is sent here any more.
  void set_leaving() { leaving_ = true; }

  static std::vector<Route> routes();
  [[nodiscard]] Response answer(const Request& request) const;

 private:
  [[nodiscard]] std::string why_not_ready() const;  // "" when it is

  const Metrics& metrics_;
  const std::function<std::size_t()> open_connections_;
  std::atomic<bool> policy_loaded_ = false;
  std::atomic<bool> certificate_loaded_ = false;
  std::atomic<bool> leaving_ = false;
  std::function<std::string()> wait_for_;
};

}  // namespace pxguard::webhook
