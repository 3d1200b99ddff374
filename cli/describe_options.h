// Which options each command takes, and what its help says of them. What is parsed lands in the
// options given, which must outlive the app.
#pragma once

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

namespace CLI {
class App;
}

namespace pxguard::cli {

void describe(CLI::App& app, CheckOptions& options);
void describe(CLI::App& app, FixOptions& options);
void describe(CLI::App& app, ReviewOptions& options);
void describe(CLI::App& app, AuditOptions& options);
void describe(CLI::App& app, ServeOptions& options);
void describe(CLI::App& app, ExplainOptions& options);
void describe(CLI::App& app, RulesOptions& options);
void describe(CLI::App& app, WebhooksOptions& options);
void describe(CLI::App& app, CertsInitOptions& options);
void describe(CLI::App& app, CertsShowOptions& options);
void describe(CLI::App& app, CertsRotateOptions& options);
void describe(CLI::App& app, VersionOptions& options);

}  // namespace pxguard::cli
