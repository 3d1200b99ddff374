#include "cluster/publisher.h"

namespace pxguard::cluster {
namespace {

using Kind = Failure::Kind;

constexpr std::chrono::milliseconds kAfterFailure{10'000};

bool ends_everything(const Failure& failure) {
  return failure.kind == Kind::Unreachable || failure.kind == Kind::Stopped ||
         failure.kind == Kind::Unauthorized || failure.kind == Kind::Throttled;
}

std::chrono::milliseconds wait_after(const Failure& failure) {
  return failure.retry_after.value_or(kAfterFailure);
}

}  // namespace

Publisher::Outcome Publisher::publish(Client& client, std::vector<NamespaceReport> reports,
                                      bool looks) {
  Outcome outcome;
  const auto failed = [&outcome](Failure failure) {
    outcome.again_after = wait_after(failure);
    outcome.failure = std::move(failure);
    return outcome;
  };
  if (looks || !is_discovered_) {
    if (auto failure = discover(client)) return failed(*std::move(failure));
    if (auto failure = look(client)) return failed(*std::move(failure));
  }
  outcome.apis = apis_.size();
  const auto wanted = render(reports);
  reports.clear();
  auto pending = still_to_write(wanted);
  if (pending.empty()) return outcome;
  const auto step = lease_.advance(client, true, options_.now());
  if (!step) return failed(step.error());
  if (step->what != LeaseStep::Do::Write) {
    outcome.again_after = step->wait;
    is_discovered_ = false;  // by then somebody else may have written it all
    return outcome;
  }
  // Whoever had the Lease before may have written the same.
  if (auto failure = look(client))
    outcome.failure = std::move(failure);
  else
    write(client, still_to_write(wanted), outcome);
  const auto released = lease_.advance(client, false, options_.now());
  if (!released && !outcome.failure) outcome.failure = released.error();
  if (outcome.failure) outcome.again_after = wait_after(*outcome.failure);
  return outcome;
}

std::optional<Failure> Publisher::discover(Client& client) {
  std::vector<ReportApi> apis;
  for (const std::string_view group : kReportGroups) {
    const auto served = client.served(group);
    if (!served) return served.error();
    if (const auto api = ReportApi::of(*served)) apis.push_back(*api);
  }
  apis_ = std::move(apis);
  is_discovered_ = true;
  if (apis_.empty()) return std::nullopt;
  // Without an owner, reports are removed by their label.
  const auto role = client.get(cluster_roles(), "", options_.owner, Detail::Metadata);
  if (role) {
    owner_ = ReportOwner{.api_version = cluster_roles().api_version(),
                         .kind = cluster_roles().kind,
                         .name = options_.owner,
                         .uid = std::string(role->root().at("metadata.uid").text())};
  } else if (role.error().kind == Kind::NotFound || role.error().kind == Kind::Forbidden) {
    owner_.reset();
  } else {
    return role.error();
  }
  return std::nullopt;
}

std::optional<Failure> Publisher::look(Client& client) {
  there_.clear();
  for (const ReportApi& api : apis_) {
    for (const Resource* resource : {&api.namespaced, &api.cluster_wide}) {
      if (auto failure = look(client, *resource)) {
        is_discovered_ = false;  // what is there is not known: look again
        return failure;
      }
    }
  }
  return std::nullopt;
}

std::optional<Failure> Publisher::look(Client& client, const Resource& resource) {
  std::map<Key, std::string> found;
  const auto listed = client.list(
      resource, {.label_selector = std::string(kReportSelector), .detail = Detail::Metadata},
      {.on_begin = [&found] { found.clear(); },
       .on_item =
           [&found, &resource](json::Value item) {
             const json::Value metadata = item["metadata"];
             if (metadata["name"].text() != kReportName) return;
             found[{resource.group, std::string(metadata["namespace"].text())}] =
                 metadata["annotations"][kReportHash].text();
           }});
  if (!listed) return listed.error();
  there_.merge(found);
  return std::nullopt;
}

std::map<Publisher::Key, Publisher::Wanted> Publisher::render(
    const std::vector<NamespaceReport>& reports) const {
  std::map<Key, Wanted> wanted;
  for (const ReportApi& api : apis_) {
    for (const NamespaceReport& report : reports) {
      wanted[{api.namespaced.group, report.ns}] = {
          .api = &api, .ns = report.ns, .report = render_report(api, report, owner_)};
    }
    for (const auto& [key, hash] : there_) {
      if (key.first == api.namespaced.group)
        wanted.try_emplace(key, Wanted{.api = &api, .ns = key.second});
    }
  }
  return wanted;
}

std::map<Publisher::Key, Publisher::Wanted> Publisher::still_to_write(
    std::map<Key, Wanted> wanted) {
  std::erase_if(wanted, [this](const auto& entry) {
    const auto& [key, report] = entry;
    const std::string& hash = report.report.hash;
    const auto there = there_.find(key);
    const bool is_there = there != there_.end() && !hash.empty() && there->second == hash;
    const bool is_gone = there == there_.end() && hash.empty();
    if (is_there || is_gone) {
      said_[key] = hash;
      return true;
    }
    const auto said = said_.find(key);
    const bool is_missing = there == there_.end();
    return said != said_.end() && said->second == hash && !is_missing;
  });
  return wanted;
}

void Publisher::write(Client& client, const std::map<Key, Wanted>& pending, Outcome& outcome) {
  for (const auto& [key, wanted] : pending) {
    const auto step = lease_.advance(client, true, options_.now());
    if (!step || step->what != LeaseStep::Do::Write) {
      if (!step) outcome.failure = step.error();
      outcome.again_after = step ? step->wait : kAfterFailure;
      return;
    }
    if (auto failure = write(client, key, wanted, outcome)) {
      const bool is_last = ends_everything(*failure);
      if (!outcome.failure) outcome.failure = std::move(failure);
      if (is_last) return;
    }
  }
}

std::optional<Failure> Publisher::write(Client& client, const Key& key, const Wanted& wanted,
                                        Outcome& outcome) {
  const Resource& resource = wanted.api->resource_for(wanted.ns);
  const std::string name(kReportName);
  if (wanted.report.json.empty()) {
    const auto removed = client.remove(resource, wanted.ns, name);
    if (!removed) return removed.error();
    ++outcome.removed;
    there_.erase(key);
  } else {
    const auto written = client.apply(resource, wanted.ns, name, wanted.report.json);
    // The namespace has gone in the meantime, and its report with it.
    if (!written && written.error().kind != Kind::NotFound) return written.error();
    if (written) ++outcome.written;
    there_[key] = wanted.report.hash;
  }
  said_[key] = wanted.report.hash;
  return std::nullopt;
}

}  // namespace pxguard::cluster
