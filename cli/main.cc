#include <algorithm>
#include <csignal>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cli/options.h"

namespace {

using namespace pxguard::cli;

struct Run {
  int operator()(const Answer& answer) const {
    std::cout << answer.out << std::flush;
    std::cerr << answer.err;
    return answer.status;
  }
  int operator()(const CheckOptions& options) const { return check(options); }
  int operator()(const FixOptions& options) const { return fix(options); }
  int operator()(const ReviewOptions& options) const { return review(options); }
  int operator()(const ServeOptions& options) const { return serve(options); }
  int operator()(const AuditOptions& options) const { return audit(options); }
  int operator()(const ExplainOptions& options) const { return explain(options); }
  int operator()(const RulesOptions& options) const { return list_rules(options); }
  int operator()(const WebhooksOptions& options) const { return print_webhooks(options); }
  int operator()(const CertsInitOptions& options) const { return init_certs(options); }
  int operator()(const CertsShowOptions& options) const { return show_certs(options); }
  int operator()(const CertsRotateOptions& options) const { return rotate_certs(options); }
  int operator()(const VersionOptions& options) const { return print_version(options); }
};

}  // namespace

int main(int argc, char** argv) try {
  // A reader that has seen enough (`| head`) must not change the verdict, a client that is gone
  // must not end the server.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  return std::visit(Run{}, parse_command_line(words));
} catch (const std::bad_alloc&) {
  std::cerr << "pxguard: out of memory\n";
  return kOwnFault;
} catch (const std::exception&) {
  // Its text may quote the input, and the input may hold a secret.
  std::cerr
      << "pxguard: a fault of pxguard itself, please report it with the command that you ran\n";
  return kOwnFault;
}
