#include "cli/delivery.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/text.h"
#include "cli/report/json.h"
#include "cli/report/text.h"

namespace pxguard::cli {
namespace {

bool is_terminal_with_color() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return ::isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0') && !is_dumb;
}

std::string render(const report::Report& report, const report::Output& output,
                   const DeliveryOptions& options, const World& world) {
  if (output.format == report::Format::Json) return report::to_json(report);
  const bool is_colored =
      options.color == Color::Always ||
      (options.color == Color::Auto && world.wants_color && output.is_standard());
  return report::to_text(
      report,
      {.color = is_colored ? report::Color::Always : report::Color::Never,
       .detail = options.quiet ? report::Detail::FindingsOnly : report::Detail::Everything});
}

bool write(const std::string& content, const report::Output& output, const World& world) {
  if (!output.is_standard()) {
    const auto written = write_file(output.file, content);
    if (written) return true;
    world.err << fmt::format("{}: the report cannot be written: {}\n", printable(output.file, 300),
                             written.error().message);
    return false;
  }
  errno = 0;
  world.out << content << std::flush;
  // Whoever reads has seen enough: `pxguard check . | head`.
  if (world.out || errno == EPIPE) return true;
  world.err << "the report cannot be written to standard output\n";
  return false;
}

}  // namespace

World World::real() {
  return {.out = std::cout,
          .err = std::cerr,
          .now = std::chrono::system_clock::now(),
          .wants_color = is_terminal_with_color()};
}

bool deliver(const report::Report& report, const std::vector<report::Output>& outputs,
             const DeliveryOptions& options, const World& world) {
  bool is_written = true;
  bool is_said = false;
  for (const report::Output& output : outputs) {
    is_said = is_said || output.is_standard();
    is_written = write(render(report, output, options, world), output, world) && is_written;
  }
  if (!is_said && !options.quiet) world.err << report::summary_line(report.summary()) << '\n';
  return is_written;
}

Status status_of(const report::Report& report, FailOn fail_on) {
  const report::Summary& summary = report.summary();
  const std::size_t warnings = fail_on == FailOn::Warning ? summary.warnings : 0;
  if (fail_on != FailOn::Never && summary.errors + warnings > 0) return kFindings;
  return report.problems().empty() ? kFine : kUnavailable;
}

}  // namespace pxguard::cli
