// The thread of `serve` that keeps certificates and webhook configurations as they should be
// (cluster/trust.h): every five seconds, and at once after something was written. No review waits
// for it, and what is served stays so while the API server is away.
//
// Lifetime: what its options refer to outlives it. Destroyed without stop() it opens nothing: a
// process that could not even begin is not the last one to leave. Threads: all but the constructor
// from any.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/published.h"
#include "certs/key_pair.h"
#include "cli/log.h"
#include "cluster/client.h"
#include "cluster/trust.h"

namespace pxguard::cli {

class TrustKeeper {
 public:
  struct Options {
    std::function<std::unique_ptr<cluster::Client>()> connect;
    cluster::Trust::Options trust;  // its clocks are filled in
    std::chrono::milliseconds interval{5'000};
  };

  TrustKeeper(Options options, Published<certs::KeyPair>& pairs, Log& log);
  ~TrustKeeper();
  TrustKeeper(const TrustKeeper&) = delete;
  TrustKeeper& operator=(const TrustKeeper&) = delete;

  // The policy or the certificate has changed.
  void wake();
  void write_metrics(std::string& text) const;
  // Told to stop: nothing is made or put right any more. Whoever takes the configurations away in
  // these seconds must not see them again.
  void rest();
  // The last replica opens what is closed; within seconds, whatever the API server does.
  void stop();

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace pxguard::cli
