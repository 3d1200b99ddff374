// Every object of some manifests, judged into a report.
#pragma once

#include "cli/against.h"
#include "cli/manifest/manifest_set.h"
#include "cli/report/report.h"
#include "rules/policy/policy.h"

namespace pxguard::cli {

struct FilesToJudge {
  const manifest::ManifestSet& set;
  const Against* against = nullptr;  // the manifests before, where they are given
  const policy::Policy& policy;
  policy::Time now;
};

// Beside an old version an object is judged as its change, else as if created. What is gone is
// judged as deleted. The report is not finished yet.
void judge_files(const FilesToJudge& files, report::Report& report);

}  // namespace pxguard::cli
