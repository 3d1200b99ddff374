#include "cli/audit_figures.h"

#include "webhook/metrics_text.h"

namespace pxguard::cli {

using webhook::describe;
using webhook::sample;

void AuditFigures::set(const report::Report& report, std::chrono::system_clock::time_point now,
                       std::chrono::steady_clock::duration spent) {
  const report::Summary& summary = report.summary();
  errors_ = summary.errors;
  warnings_ = summary.warnings;
  infos_ = summary.infos;
  unverified_ = summary.unverified;
  unread_ = summary.unreadable;
  refused_ = report.cluster() ? report.cluster()->refused : 0;
  at_ = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  microseconds_ = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(spent).count());
}

void AuditFigures::write_to(std::string& text, std::uint64_t events_dropped) const {
  if (at_ != 0) {
    describe(text, "pxguard_audit_findings", "gauge", "Findings of the last audit.");
    sample(text, "pxguard_audit_findings{{severity=\"error\"}} {}", errors_.load());
    sample(text, "pxguard_audit_findings{{severity=\"warning\"}} {}", warnings_.load());
    sample(text, "pxguard_audit_findings{{severity=\"info\"}} {}", infos_.load());
    describe(text, "pxguard_audit_unverified", "gauge",
             "Checks of the last audit that could not be made.");
    sample(text, "pxguard_audit_unverified {}", unverified_.load());
    describe(text, "pxguard_audit_unread", "gauge",
             "Parts of the cluster that the last audit could not read.");
    sample(text, "pxguard_audit_unread {}", unread_.load());
    describe(text, "pxguard_audit_refused_objects", "gauge",
             "Objects that would be refused as they stand.");
    sample(text, "pxguard_audit_refused_objects {}", refused_.load());
    describe(text, "pxguard_audit_timestamp_seconds", "gauge", "When the last audit was made.");
    sample(text, "pxguard_audit_timestamp_seconds {}", at_.load());
    describe(text, "pxguard_audit_duration_seconds", "gauge", "What the last audit took.");
    sample(text, "pxguard_audit_duration_seconds {}",
           static_cast<double>(microseconds_.load()) / 1e6);
  }
  describe(text, "pxguard_report_writes_total", "counter", "Reports written to the API server.");
  sample(text, "pxguard_report_writes_total{{what=\"written\"}} {}", reports_written_.load());
  sample(text, "pxguard_report_writes_total{{what=\"removed\"}} {}", reports_removed_.load());
  describe(text, "pxguard_publication_failures_total", "counter",
           "Attempts to write reports that failed.");
  sample(text, "pxguard_publication_failures_total {}", publications_failed_.load());
  describe(text, "pxguard_events_total", "counter", "Events about denials and drift.");
  sample(text, "pxguard_events_total{{what=\"written\"}} {}", events_written_.load());
  sample(text, "pxguard_events_total{{what=\"failed\"}} {}", events_failed_.load());
  sample(text, "pxguard_events_total{{what=\"dropped\"}} {}", events_dropped);
}

}  // namespace pxguard::cli
