// pxguard audit: what is in a cluster now, judged by the same engine as manifests are.
#pragma once

#include <string>

#include "cli/delivery.h"
#include "cluster/snapshot.h"
#include "rules/policy/policy.h"

namespace pxguard::cli {

struct AuditOptions {
  std::string policy{};        // "" is the documented defaults
  std::string cluster{};       // in-cluster or a kubeconfig; "" is whichever there is
  std::string context{};       // of the kubeconfig; "" is its current one
  std::string export_facts{};  // a file for `check --facts`; "" is none
  DeliveryOptions delivery{};
  bool assume_security = false;  // where that is unknown, PX-Security is on
  bool timings = false;          // on stderr
};

// The exit status is that of `check`; 3 also where a kind of object could not be read, so that half
// an audit never looks clean.
int audit(const AuditOptions& options);

// What was read of a cluster.
struct Audited {
  const cluster::Snapshot& snapshot;
  std::string server{};
  std::string kubernetes{};  // "1.31.4"
};
int audit(const AuditOptions& options, const World& world, const Audited& audited,
          policy::Policy policy);

}  // namespace pxguard::cli
