// What is published about a cluster: reports and Events, as bytes.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/limits.h"
#include "base/rfc3339.h"
#include "cluster/event_queue.h"
#include "cluster/policy_report.h"

namespace pxguard::cluster {
namespace {

using Outcome = ReportEntry::Outcome;

const ReportApi kPolicyReport{{.group = "wgpolicyk8s.io",
                               .version = "v1alpha2",
                               .plural = "policyreports",
                               .kind = "PolicyReport"},
                              {.group = "wgpolicyk8s.io",
                               .version = "v1alpha2",
                               .plural = "clusterpolicyreports",
                               .kind = "ClusterPolicyReport",
                               .is_namespaced = false}};
const ReportApi kOpenReport{
    {.group = "openreports.io", .version = "v1alpha1", .plural = "reports", .kind = "Report"},
    {.group = "openreports.io",
     .version = "v1alpha1",
     .plural = "clusterreports",
     .kind = "ClusterReport",
     .is_namespaced = false}};

ReportEntry entry(Outcome outcome, std::string name, std::string message) {
  return {.outcome = outcome,
          .object = {"apps/v1", "Deployment", "kube-system", std::move(name)},
          .rule = "PXS202",
          .message = std::move(message),
          .properties = {{"path", "spec"}, {"want", ""}}};
}

NamespaceReport report_of(std::vector<ReportEntry> entries) {
  return {.ns = "kube-system", .entries = std::move(entries), .passed = 3};
}

json::Document parsed(const std::string& text) {
  auto document = json::Document::parse(text);
  REQUIRE(document);
  return std::move(*document);
}

Event denial(std::string name, std::string ns = "kube-system") {
  return {.about = Event::About::Denial,
          .object = {"apps/v1", "Deployment", std::move(ns), std::move(name)},
          .note = "PXS202 Stork and Portworx use different keys"};
}

}  // namespace

TEST_CASE("a PolicyReport counts everything and lists the most severe first") {
  const auto rendered = render_report(
      kPolicyReport,
      report_of({entry(Outcome::Unverified, "a", "not verified: needs Secret x"),
                 entry(Outcome::Warning, "b", "odd"), entry(Outcome::Error, "c", "bad")}),
      {});
  const json::Document document = parsed(rendered.json);
  const json::Value root = document.root();
  CHECK(root["apiVersion"].text() == "wgpolicyk8s.io/v1alpha2");
  CHECK(root["kind"].text() == "PolicyReport");
  CHECK(root.at("metadata.name").text() == "pxguard");
  CHECK(root.at("metadata.namespace").text() == "kube-system");
  CHECK(root["metadata"]["labels"][kManagedBy].text() == "pxguard");
  CHECK(root["metadata"]["annotations"][kReportHash].text() == rendered.hash);
  CHECK(root.at("metadata.ownerReferences").is_absent());
  CHECK(root["source"].is_absent());
  CHECK(root.at("summary.fail").integer_or(-1) == 1);
  CHECK(root.at("summary.warn").integer_or(-1) == 1);
  CHECK(root.at("summary.skip").integer_or(-1) == 1);
  CHECK(root.at("summary.error").integer_or(-1) == 0);
  CHECK(root.at("summary.pass").integer_or(-1) == 3);
  std::vector<std::string> results;
  for (const json::Value result : root["results"].elements())
    results.emplace_back(result["result"].text());
  CHECK(results == std::vector<std::string>{"fail", "warn", "skip"});
  const json::Value first = *root["results"].elements().begin();
  CHECK(first["rule"].text() == "PXS202");
  CHECK(first["severity"].text() == "high");
  CHECK((*first["resources"].elements().begin())["name"].text() == "c");
  CHECK(first.at("properties.path").text() == "spec");
  CHECK(first.at("properties.want").is_absent());
  CHECK(first["timestamp"].is_absent());
}

TEST_CASE("an OpenReports report says its source on top; what has no namespace has its own kind") {
  const auto rendered = render_report(kOpenReport, {.ns = ""}, {});
  const json::Document document = parsed(rendered.json);
  CHECK(document.root()["apiVersion"].text() == "openreports.io/v1alpha1");
  CHECK(document.root()["kind"].text() == "ClusterReport");
  CHECK(document.root()["source"].text() == "pxguard");
  CHECK(document.root().at("metadata.namespace").is_absent());
}

TEST_CASE(
    "the same findings in another order make the same bytes; another one makes another hash") {
  const auto a = entry(Outcome::Error, "a", "bad");
  const auto b = entry(Outcome::Error, "b", "bad");
  const auto first = render_report(kPolicyReport, report_of({a, b}), {});
  const auto second = render_report(kPolicyReport, report_of({b, a}), {});
  CHECK(first.json == second.json);
  CHECK(first.hash != render_report(kPolicyReport, report_of({a}), {}).hash);
  const ReportOwner owner{"rbac.authorization.k8s.io/v1", "ClusterRole", "pxguard", "u-1"};
  const auto owned = render_report(kPolicyReport, report_of({a, b}), owner);
  CHECK(owned.hash != first.hash);
  CHECK((*parsed(owned.json).root().at("metadata.ownerReferences").elements().begin())["uid"]
            .text() == "u-1");
}

TEST_CASE("a report of ten thousand findings stays small, and says how many it leaves out") {
  std::vector<ReportEntry> entries;
  for (int i = 0; i < 9'999; ++i)
    entries.push_back(entry(Outcome::Warning, std::to_string(i), std::string(5'000, 'x')));
  entries.push_back(entry(Outcome::Error, "worst", "bad"));
  const auto rendered = render_report(kPolicyReport, report_of(std::move(entries)), {});
  const json::Document document = parsed(rendered.json);
  const json::Value results = document.root()["results"];
  CHECK(rendered.json.size() < 500'000);
  REQUIRE(results.size() == limits::kReportResults);
  CHECK((*results.elements().begin())["message"].text() == "bad");
  CHECK(results.find("/199")["message"].text() == "9801 more: pxguard audit shows all of them");
  CHECK(results.find("/199")["result"].text() == "warn");
  CHECK(document.root().at("summary.warn").integer_or(0) == 9'999);
}

TEST_CASE("only versions of the report APIs that we know are written") {
  CHECK(ReportApi::of({kPolicyReport.namespaced, kPolicyReport.cluster_wide}));
  CHECK(ReportApi::of({kOpenReport.namespaced, kOpenReport.cluster_wide}));
  CHECK_FALSE(ReportApi::of({}));
  CHECK_FALSE(ReportApi::of({kPolicyReport.namespaced}));
  auto later = kPolicyReport;
  later.namespaced.version = later.cluster_wide.version = "v1beta9";
  CHECK_FALSE(ReportApi::of({later.namespaced, later.cluster_wide}));
}

TEST_CASE("an Event has all that events.k8s.io asks for, and one name in one hour") {
  const auto now = parse_time("2026-11-29T07:10:00Z").value();
  const auto document = parsed(event_json(denial("stork"), std::string(300, 'p'), now));
  const json::Value root = document.root();
  CHECK(root["apiVersion"].text() == "events.k8s.io/v1");
  CHECK(root["eventTime"].text() == "2026-11-29T07:10:00.000000Z");
  CHECK(root["reason"].text() == "Denied");
  CHECK(root["action"].text() == "Review");
  CHECK(root["type"].text() == "Warning");
  CHECK(root["reportingController"].text() == "pxguard.io/pxguard");
  CHECK(root["reportingInstance"].text().size() <= 128);
  CHECK(root.at("regarding.name").text() == "stork");
  CHECK(root.at("metadata.namespace").text() == "kube-system");
  const auto name_at = [](const Event& event, std::string_view time) {
    return std::string(
        parsed(event_json(event, "i", parse_time(time).value())).root().at("metadata.name").text());
  };
  CHECK(name_at(denial("stork"), "2026-11-29T07:59:59Z") == root.at("metadata.name").text());
  CHECK(name_at(denial("stork"), "2026-11-29T08:00:00Z") != root.at("metadata.name").text());
  CHECK(name_at(denial("other"), "2026-11-29T07:10:00Z") != root.at("metadata.name").text());
}

TEST_CASE("an Event about what has no namespace stands in default; its note fits") {
  auto event = denial("px-db", "");
  event.note = std::string(5'000, 'n');
  const auto document = parsed(event_json(event, "i", std::chrono::system_clock::now()));
  CHECK(document.root().at("metadata.namespace").text() == "default");
  CHECK(document.root().at("regarding.namespace").is_absent());
  CHECK(document.root()["note"].text().size() <= 1024);
}

TEST_CASE("the same denial is one Event an hour") {
  EventQueue queue;
  const EventQueue::Clock::time_point now{};
  CHECK(queue.push(denial("stork"), now));
  CHECK_FALSE(queue.push(denial("stork"), now + std::chrono::minutes(59)));
  CHECK(queue.push(denial("stork"), now + std::chrono::minutes(60)));
  CHECK(queue.dropped() == 0);
}

TEST_CASE("a storm of denials leaves a burst, then one each interval; the rest is counted") {
  EventQueue queue;
  EventQueue::Clock::time_point now{};
  const auto push_many = [&queue, &now](const std::string& prefix, int count) {
    int pushed = 0;
    for (int i = 0; i < count; ++i) pushed += queue.push(denial(prefix + std::to_string(i)), now);
    return pushed;
  };
  CHECK(push_many("a", 1'000) == limits::kEventBurst);
  CHECK(queue.dropped() == 1'000 - limits::kEventBurst);
  now += limits::kEventInterval;
  CHECK(push_many("b", 10) == 1);
  now += std::chrono::hours(1);
  CHECK(push_many("c", 1'000) == limits::kEventBurst);
}

TEST_CASE("a queue that nobody empties takes no more than it may") {
  EventQueue queue;
  EventQueue::Clock::time_point now{};
  for (int i = 0; i < 10'000; ++i) {
    now += limits::kEventInterval;
    queue.push(denial(std::to_string(i)), now);
  }
  std::size_t waiting = 0;
  while (queue.pop()) ++waiting;
  CHECK(waiting == limits::kEventsInWaiting);
  CHECK(queue.empty());
}

}  // namespace pxguard::cluster
