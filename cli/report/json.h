// The report for programs: pxguard.io/report/v1.
#pragma once

#include <string>

#include "cli/report/report.h"

namespace pxguard::report {

// One JSON object of ASCII, indented, with a newline at its end. Fields are never taken away.
std::string to_json(const Report& report);

}  // namespace pxguard::report
