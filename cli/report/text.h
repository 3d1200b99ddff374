// The report for people: ASCII, at most 100 columns, grouped by object.
#pragma once

#include <string>

#include "cli/report/report.h"

namespace pxguard::report {

enum class Color { Never, Always };
enum class Detail { Everything, FindingsOnly };

struct TextOptions {
  Color color = Color::Never;
  Detail detail = Detail::Everything;
};

// Ends with the summary's line, whatever the options.
std::string to_text(const Report& report, const TextOptions& options);

// "4 files, 6 objects, 20 rules: 2 errors, 1 warning, 3 unverified, 1 skipped"
std::string summary_line(const Summary& summary);

}  // namespace pxguard::report
