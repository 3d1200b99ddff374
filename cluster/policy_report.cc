#include "cluster/policy_report.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/fnv1a.h"
#include "base/limits.h"
#include "base/text.h"

namespace pxguard::cluster {
namespace {

using OrderedJson = nlohmann::ordered_json;
using Outcome = ReportEntry::Outcome;

constexpr std::string_view kSource = "pxguard";
constexpr std::string_view kPolicy = "px-security";

// Sources: kubernetes-sigs/wg-policy-prototypes policy-report/crd/v1alpha2 and
// openreports/reports-api apis/openreports.io/v1alpha1.
struct KnownApi {
  std::string_view group;
  std::string_view version;
  std::string_view namespaced;
  std::string_view cluster_wide;
};

constexpr std::array<KnownApi, 2> kApis = {{
    {"wgpolicyk8s.io", "v1alpha2", "policyreports", "clusterpolicyreports"},
    {"openreports.io", "v1alpha1", "reports", "clusterreports"},
}};

std::string_view result_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::NotRead: return "error";
    case Outcome::Error: return "fail";
    case Outcome::Warning:
    case Outcome::Info: return "warn";
    case Outcome::Unverified: return "skip";
  }
  std::abort();
}

// The words that both APIs have had from their beginning: later versions know "info" as well.
std::string_view severity_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::NotRead:
    case Outcome::Error: return "high";
    case Outcome::Warning: return "medium";
    case Outcome::Info:
    case Outcome::Unverified: return "low";
  }
  std::abort();
}

auto order(const ReportEntry& entry) {
  const model::ObjectId& id = entry.object;
  return std::tie(entry.outcome, id.kind, id.ns, id.name, id.api_version, entry.rule, entry.message,
                  entry.properties);
}

std::string clean(std::string_view text) { return printable(text, limits::kReportText); }

OrderedJson reference_to(const model::ObjectId& id) {
  OrderedJson json = {{"apiVersion", id.api_version}, {"kind", id.kind}};
  if (!id.ns.empty()) json["namespace"] = id.ns;
  json["name"] = id.name;
  return json;
}

OrderedJson result_json(const ReportEntry& entry) {
  OrderedJson json = {{"source", kSource}, {"policy", kPolicy}};
  if (!entry.rule.empty()) json["rule"] = entry.rule;
  json["category"] = "PX-Security";
  json["severity"] = severity_of(entry.outcome);
  json["result"] = result_of(entry.outcome);
  json["scored"] = entry.outcome == Outcome::Error;
  if (!entry.object.kind.empty())
    json["resources"] = OrderedJson::array({reference_to(entry.object)});
  json["message"] = clean(entry.message);
  OrderedJson properties = OrderedJson::object();
  for (const auto& [name, text] : entry.properties) {
    if (!text.empty()) properties[name] = clean(text);
  }
  if (!properties.empty()) json["properties"] = std::move(properties);
  return json;
}

OrderedJson more_json(std::size_t count, Outcome most_severe) {
  return {{"source", kSource},
          {"policy", kPolicy},
          {"severity", severity_of(most_severe)},
          {"result", result_of(most_severe)},
          {"message", fmt::format("{} more: pxguard audit shows all of them", count)}};
}

OrderedJson results_json(const std::vector<ReportEntry>& entries) {
  OrderedJson results = OrderedJson::array();
  const bool is_cut = entries.size() > limits::kReportResults;
  const std::size_t shown = is_cut ? limits::kReportResults - 1 : entries.size();
  for (std::size_t i = 0; i < shown; ++i) results.push_back(result_json(entries[i]));
  if (is_cut) results.push_back(more_json(entries.size() - shown, entries[shown].outcome));
  return results;
}

OrderedJson summary_json(const NamespaceReport& report) {
  const auto count = [&report](std::string_view result) {
    return std::count_if(
        report.entries.begin(), report.entries.end(),
        [result](const ReportEntry& entry) { return result_of(entry.outcome) == result; });
  };
  return {{"pass", report.passed},
          {"fail", count("fail")},
          {"warn", count("warn")},
          {"error", count("error")},
          {"skip", count("skip")}};
}

OrderedJson metadata_json(const NamespaceReport& report, const std::optional<ReportOwner>& owner) {
  OrderedJson metadata = {{"name", kReportName}};
  if (!report.ns.empty()) metadata["namespace"] = report.ns;
  metadata["labels"] = {{kManagedBy, kSource}};
  if (owner) {
    metadata["ownerReferences"] = OrderedJson::array({{{"apiVersion", owner->api_version},
                                                       {"kind", owner->kind},
                                                       {"name", owner->name},
                                                       {"uid", owner->uid}}});
  }
  return metadata;
}

// Names come from the API server and are UTF-8; whatever else is, is replaced.
std::string dump(const OrderedJson& json) {
  return json.dump(-1, ' ', true, OrderedJson::error_handler_t::replace);
}

}  // namespace

std::optional<ReportApi> ReportApi::of(const std::vector<Resource>& served) {
  for (const KnownApi& known : kApis) {
    const auto find = [&](std::string_view plural) {
      return std::find_if(served.begin(), served.end(), [&](const Resource& resource) {
        return resource.group == known.group && resource.version == known.version &&
               resource.plural == plural;
      });
    };
    const auto namespaced = find(known.namespaced);
    const auto cluster_wide = find(known.cluster_wide);
    if (namespaced != served.end() && cluster_wide != served.end())
      return ReportApi{*namespaced, *cluster_wide};
  }
  return std::nullopt;
}

RenderedReport render_report(const ReportApi& api, NamespaceReport report,
                             const std::optional<ReportOwner>& owner) {
  std::stable_sort(report.entries.begin(), report.entries.end(),
                   [](const auto& a, const auto& b) { return order(a) < order(b); });
  const Resource& resource = api.resource_for(report.ns);
  OrderedJson json = {{"apiVersion", resource.api_version()},
                      {"kind", resource.kind},
                      {"metadata", metadata_json(report, owner)}};
  if (resource.group == "openreports.io") json["source"] = kSource;
  json["summary"] = summary_json(report);
  json["results"] = results_json(report.entries);
  RenderedReport rendered;
  rendered.hash = fnv1a_text(dump(json));
  json["metadata"]["annotations"] = {{kReportHash, rendered.hash}};
  rendered.json = dump(json);
  return rendered;
}

}  // namespace pxguard::cluster
