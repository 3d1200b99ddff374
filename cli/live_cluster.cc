#include "cli/live_cluster.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "cli/cluster_access.h"
#include "cluster/clock.h"
#include "webhook/metrics_text.h"

namespace pxguard::cli {
namespace {

using cluster::State;
using cluster::Time;

// The name of a Pod is the name of its host.
cluster::ReadOptions interest_of(const policy::Policy& policy) {
  return {.secrets = policy.secrets, .portworx_namespace = policy.settings.portworx_namespace};
}

bool is_failing(State state, std::string_view why) {
  return !why.empty() || state == State::NotYet || state == State::Forbidden ||
         state == State::Failed;
}

// Of what goes under one name: the oldest counts.
struct KindLine {
  std::string kind;
  std::optional<Time> as_of{};
  bool failing = false;
};

std::vector<KindLine> lines_of(const cluster::Snapshot& snapshot) {
  std::vector<KindLine> lines;
  for (const cluster::KindStatus& kind : snapshot.kinds()) {
    if (kind.state == State::NotServed) continue;
    lines.push_back({kind.resource.kind, kind.as_of, is_failing(kind.state, kind.why)});
  }
  KindLine secrets{.kind = "Secret"};
  for (const cluster::SecretStatus& secret : snapshot.secrets()) {
    secrets.failing = secrets.failing || is_failing(secret.state, secret.why);
    if (secret.as_of && (!secrets.as_of || *secret.as_of < *secrets.as_of))
      secrets.as_of = secret.as_of;
  }
  lines.push_back(std::move(secrets));
  return lines;
}

}  // namespace

Result<std::unique_ptr<LiveCluster>> LiveCluster::open(const std::string& cluster,
                                                       const Published<policy::Policy>& policies,
                                                       Log& log) {
  const cluster::Surroundings around = cluster::Surroundings::here();
  if (!wants_cluster(cluster, around)) return std::unique_ptr<LiveCluster>();
  const auto access = find_cluster(cluster, "", around);
  if (!access) return access.error();
  log.write(LogLevel::Info, "reading the cluster",
            {{"server", access->server()}, {"as", access->origin()}});
  return std::unique_ptr<LiveCluster>(new LiveCluster(*access, policies, log));
}

LiveCluster::LiveCluster(const cluster::Access& access, const Published<policy::Policy>& policies,
                         Log& log)
    : policies_(policies), log_(log) {
  const auto connect = [access] { return access.connect(); };
  view_ = std::make_unique<cluster::LiveView>(cluster::LiveView::Options{
      .connect = connect,
      .interest = interest_of(*policies_.get()),
      .on_event =
          [this](const cluster::ViewEvent& event) {
            const bool is_had = event.state == State::Read || event.state == State::Absent ||
                                event.state == State::NotServed;
            log_.write(is_had ? LogLevel::Info : LogLevel::Warning, "the view of the cluster",
                       {{"what", event.what},
                        {"state", cluster::to_string(event.state)},
                        {"why", event.why}});
          },
      .on_change =
          [this] {
            if (Background* background = woken_) background->wake();
          }});
  background_ = std::make_unique<Background>(
      Background::Options{.connect = connect,
                          .snapshot = [this] { return view_->get(); },
                          .is_ready = [this] { return view_->why_not_ready().empty(); },
                          .ns = access.ns(),
                          .instance = own_name()},
      policies_, log_);
  woken_ = background_.get();
}

LiveCluster::~LiveCluster() { stop(); }

std::string LiveCluster::why_not_ready() const {
  const bool is_patient = std::chrono::steady_clock::now() - began_ < limits::kViewPatience;
  return is_patient ? view_->why_not_ready() : std::string();
}

void LiveCluster::policy_changed() {
  view_->set_interest(interest_of(*policies_.get()));
  background_->wake();
}

void LiveCluster::write_metrics(std::string& text) const {
  const auto now = cluster::view_time();
  const auto lines = lines_of(*view_->get());
  webhook::describe(text, "pxguard_view_age_seconds", "gauge",
                    "Since what is known of a kind was last known to be so.");
  for (const KindLine& line : lines) {
    if (!line.as_of) continue;
    const std::chrono::duration<double> age = std::max(now - *line.as_of, Time::duration(0));
    webhook::sample(text, "pxguard_view_age_seconds{{kind=\"{}\"}} {:.1f}", line.kind, age.count());
  }
  webhook::describe(text, "pxguard_view_failing", "gauge",
                    "1 while a kind, or one of the Secrets, cannot be read.");
  for (const KindLine& line : lines)
    webhook::sample(text, "pxguard_view_failing{{kind=\"{}\"}} {}", line.kind,
                    line.failing ? 1 : 0);
  background_->write_metrics(text);
}

void LiveCluster::stop() {
  // Nothing changes any more, so nobody is told.
  view_->stop();
  background_->stop();
}

}  // namespace pxguard::cli
