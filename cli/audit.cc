#include "cli/audit.h"

#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/cluster_access.h"
#include "cli/export_facts.h"
#include "cli/judge_cluster.h"
#include "cli/listening_view.h"
#include "cli/private_memory.h"
#include "cli/read_policy.h"
#include "cluster/read_cluster.h"

namespace pxguard::cli {
namespace {

using Clock = std::chrono::steady_clock;

class Audit {
 public:
  Audit(const AuditOptions& options, const World& world) : options_(options), world_(world) {}

  int run() {
    const auto outputs = report::parse_outputs(options_.delivery.formats);
    if (!outputs) return complain(kWrongUsage, outputs.error().message);
    auto policy = cli::read_policy(options_.policy, world_.err);
    if (!policy) return kWrongUsage;
    const auto access =
        find_cluster(options_.cluster, options_.context, cluster::Surroundings::here());
    if (!access) return complain(kWrongUsage, access.error().message);
    const auto client = access->connect();
    lap("policy");
    auto snapshot = cluster::read_cluster(
        *client,
        {.secrets = policy->secrets, .portworx_namespace = policy->settings.portworx_namespace});
    if (!snapshot) return complain_of(*access, snapshot.error());
    const std::string kubernetes = read_version(*client);
    lap("read");
    const Audited audited{
        .snapshot = **snapshot, .server = access->server(), .kubernetes = kubernetes};
    return audit(audited, *std::move(policy), *outputs);
  }

  int audit(const Audited& audited, policy::Policy policy,
            const std::vector<report::Output>& outputs) {
    policy.settings.assume_security = options_.assume_security;
    policy.settings.kubernetes_version = model::Version::parse(audited.kubernetes);
    const ListeningView view(audited.snapshot);
    const report::Report report = judge_cluster({.snapshot = audited.snapshot,
                                                 .view = view,
                                                 .policy = policy,
                                                 .now = world_.now,
                                                 .server = audited.server,
                                                 .kubernetes = audited.kubernetes});
    lap("rules");
    const bool is_exported = export_facts(audited, view);
    const bool is_written = deliver(report, outputs, options_.delivery, world_);
    lap("report");
    if (options_.timings) world_.err << timings_;
    if (!is_exported || !is_written) return kOwnFault;
    const Status status = status_of(report, options_.delivery.fail_on);
    return status == kFine && report.summary().objects == 0 ? kUnavailable : status;
  }

 private:
  int complain(Status status, std::string_view why) {
    world_.err << "pxguard audit: " << why << '\n';
    return status;
  }

  int complain_of(const cluster::Access& access, const cluster::Failure& failure) {
    return complain(kUnavailable, fmt::format("{} ({}) cannot be read: {}", access.server(),
                                              printable(access.origin(), 200), failure.message));
  }

  // Rules that ask for it say that it is not known.
  std::string read_version(cluster::Client& client) {
    const auto version = client.server_version();
    if (!version) {
      world_.err << "pxguard audit: the version of the API server cannot be read: "
                 << version.error().message << '\n';
      return {};
    }
    // "v1.31.4+rke2r1": what a distribution adds is its own affair.
    std::string_view text = *version;
    if (text.starts_with('v')) text.remove_prefix(1);
    return printable(text.substr(0, text.find('+')), 40);
  }

  bool export_facts(const Audited& audited, const ListeningView& view) {
    if (options_.export_facts.empty()) return true;
    const auto written = write_facts(
        options_.export_facts, facts_text(audited.snapshot, view.absent(), audited.kubernetes));
    if (!written) {
      world_.err << fmt::format("{}: the facts cannot be written: {}\n",
                                printable(options_.export_facts, 300), written.error().message);
    }
    return written.has_value();
  }

  void lap(std::string_view what) {
    const auto now = Clock::now();
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(now - lap_).count();
    timings_ += fmt::format("{:<7}{:>6} ms\n", what, spent);
    lap_ = now;
  }

  const AuditOptions& options_;
  const World& world_;
  Clock::time_point lap_ = Clock::now();
  std::string timings_;
};

}  // namespace

int audit(const AuditOptions& options) {
  keep_memory_private();  // keys are in it while they are compared
  const World world = World::real();
  return Audit(options, world).run();
}

int audit(const AuditOptions& options, const World& world, const Audited& audited,
          policy::Policy policy) {
  const auto outputs = report::parse_outputs(options.delivery.formats);
  return outputs ? Audit(options, world).audit(audited, std::move(policy), *outputs) : kWrongUsage;
}

}  // namespace pxguard::cli
