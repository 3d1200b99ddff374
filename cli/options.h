// The command line: words become the options of one command, or help, or a sentence about what is
// wrong with them.
#pragma once

#include <span>
#include <string>
#include <variant>

#include "cli/audit.h"
#include "cli/certs_init.h"
#include "cli/certs_show.h"
#include "cli/check.h"
#include "cli/explain.h"
#include "cli/fix.h"
#include "cli/review.h"
#include "cli/rules_list.h"
#include "cli/serve.h"
#include "cli/version.h"
#include "cli/webhooks.h"

namespace pxguard::cli {

// Nothing to run: what to print, and the exit status.
struct Answer {
  int status = 0;
  std::string out{};
  std::string err{};
};

using Command =
    std::variant<Answer, CheckOptions, FixOptions, ReviewOptions, ServeOptions, AuditOptions,
                 ExplainOptions, RulesOptions, WebhooksOptions, CertsInitOptions, CertsShowOptions,
                 CertsRotateOptions, VersionOptions>;

// `words`: without the name of the program.
Command parse_command_line(std::span<const std::string> words);

}  // namespace pxguard::cli
