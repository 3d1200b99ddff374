// What an audit found, as objects that dashboards know: PolicyReport (wgpolicyk8s.io/v1alpha2) and
// Report (openreports.io/v1alpha1), one for each namespace and one for what has none.
//
// The same findings make the same bytes: no time, no random order. A hash of them stands in an
// annotation, so that whoever wants to write the report can see that it is written.
//
// Threads: safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/resource.h"
#include "rules/model/object.h"

namespace pxguard::cluster {

// One line of a report. No text of it may hold a secret.
struct ReportEntry {
  enum class Outcome {
    NotRead,     // "error": what could not be looked at
    Error,       // "fail"
    Warning,     // "warn"
    Info,        // "warn", of low severity
    Unverified,  // "skip"
  };
  Outcome outcome = Outcome::Error;
  model::ObjectId object{};  // none of NotRead
  std::string rule{};        // "PXS202"; "" of NotRead
  std::string message{};
  std::vector<std::pair<std::string, std::string>> properties{};  // those with a text

  bool operator==(const ReportEntry&) const = default;
};

struct NamespaceReport {
  std::string ns{};  // "": what is in no namespace
  std::vector<ReportEntry> entries{};
  std::size_t passed = 0;  // objects about which there is nothing to say
};

// What takes the reports with it when it is deleted.
struct ReportOwner {
  std::string api_version{};
  std::string kind{};
  std::string name{};
  std::string uid{};
};

// The reports of one API group, as far as it is one that we can write.
struct ReportApi {
  Resource namespaced{};
  Resource cluster_wide{};

  // Of the resources that a server has in its group; none where the version is not ours.
  static std::optional<ReportApi> of(const std::vector<Resource>& served);
  [[nodiscard]] const Resource& resource_for(std::string_view ns) const {
    return ns.empty() ? cluster_wide : namespaced;
  }
};

inline constexpr std::string_view kReportGroups[] = {"wgpolicyk8s.io", "openreports.io"};
inline constexpr std::string_view kReportName = "pxguard";
inline constexpr std::string_view kManagedBy = "app.kubernetes.io/managed-by";
inline constexpr std::string_view kReportSelector = "app.kubernetes.io/managed-by=pxguard";
inline constexpr std::string_view kReportHash = "pxguard.io/report-hash";

struct RenderedReport {
  std::string json{};  // for Client::apply
  std::string hash{};  // as in its annotation
};

// At most limits::kReportResults results, the most severe ones; the last of them says how many more
// there are. The summary counts all.
RenderedReport render_report(const ReportApi& api, NamespaceReport report,
                             const std::optional<ReportOwner>& owner);

}  // namespace pxguard::cluster
