// What a command does with its finished report: every format that was asked for, the summary, and
// the exit status.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

#include "cli/exit_status.h"
#include "cli/report/output.h"
#include "cli/report/report.h"

namespace pxguard::cli {

enum class FailOn { Error, Warning, Never };
enum class Color { Auto, Always, Never };

struct DeliveryOptions {
  std::vector<std::string> formats{};  // F or F=OUTPUT; none is text
  FailOn fail_on = FailOn::Error;
  Color color = Color::Auto;
  bool quiet = false;  // findings and summary alone
};

// Everything from outside that a command needs, apart from files and standard input.
struct World {
  std::ostream& out;
  std::ostream& err;
  std::chrono::system_clock::time_point now;
  bool wants_color = false;  // what --color auto means here

  // Standard output, standard error and the time.
  static World real();
};

// False where one could not be written; why is on standard error.
bool deliver(const report::Report& report, const std::vector<report::Output>& outputs,
             const DeliveryOptions& options, const World& world);

// kFindings where something is at or above the threshold.
Status status_of(const report::Report& report, FailOn fail_on);

}  // namespace pxguard::cli
