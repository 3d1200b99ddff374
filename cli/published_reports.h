// The report of an audit, cut into what is published about each namespace, and what is new in it.
//
// Threads: safe.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/report/report.h"
#include "cluster/event.h"
#include "cluster/policy_report.h"
#include "rules/model/object.h"

namespace pxguard::cli {

// One for each namespace that has judged objects, and always the one of what is in no namespace.
std::vector<cluster::NamespaceReport> published_reports(
    const report::Report& report, const std::vector<const model::Object*>& judged);

// Errors by what they are about: object, rule and place.
std::set<std::string> faults_of(const report::Report& report);

// One Event for each object with errors that are not among `known`.
std::vector<cluster::Event> drift_events(const report::Report& report,
                                         const std::set<std::string>& known,
                                         const std::vector<const model::Object*>& judged);

}  // namespace pxguard::cli
