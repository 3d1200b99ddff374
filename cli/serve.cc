#include "cli/serve.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <future>
#include <iostream>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/rfc3339.h"
#include "certs/server_context.h"
#include "cli/admissions.h"
#include "cli/certificates.h"
#include "cli/exit_status.h"
#include "cli/handshake_failures.h"
#include "cli/live_cluster.h"
#include "cli/log.h"
#include "cli/policy_source.h"
#include "cli/private_memory.h"
#include "cli/trust_setup.h"
#include "cli/version.h"
#include "rules/catalogue.h"
#include "webhook/mutate.h"
#include "webhook/server.h"
#include "webhook/status.h"

namespace pxguard::cli {
namespace {

int refuse(int status, std::string_view why) {
  std::cerr << "pxguard serve: " << why << '\n';
  return status;
}

// A connection is a descriptor, and the usual soft limit is the number of connections.
void allow_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4 * limits::kConnections);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Before the first thread, so that all threads leave these signals to wait_for().
sigset_t take_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// True where one of them came within `patience`.
bool wait_for(const sigset_t& signals, std::chrono::nanoseconds patience) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timespec time{seconds.count(), (patience - seconds).count()};
  return ::sigtimedwait(&signals, nullptr, &time) > 0;
}

std::vector<std::string> rule_ids() {
  std::vector<std::string> ids;
  for (const rules::Rule* rule : rules::catalogue()) ids.emplace_back(rule->id);
  return ids;
}

Result<std::string> read_key_file(const std::string& path) {
  return read_file(path, limits::kKeyFile);
}

class Service {
 public:
  explicit Service(const ServeOptions& options)
      : options_(options),
        policy_source_(options.policy, policies_),
        client_ca_(options.client_ca, read_key_file, *clients_) {}

  int run() {
    const sigset_t signals = take_stop_signals();
    const PolicySource::Look look = policy_source_.poll();
    if (look.change == PolicySource::Change::Refused) return refuse(kWrongUsage, look.why);
    say_policy();
    if (const std::optional<Error> error = open_cluster())
      return refuse(kWrongUsage, error->message);
    if (const std::optional<Error> error = prepare_certificates()) {
      return refuse(error->code == Error::Code::Invalid ? kWrongUsage : kUnavailable,
                    error->message);
    }
    metrics_.set_more([this](std::string& text) {
      if (cluster_) cluster_->write_metrics(text);
      if (trust_) trust_->write_metrics(text);
    });
    if (const std::optional<Error> error = open()) return refuse(kUnavailable, error->message);
    log_.write(LogLevel::Info, "serving",
               {{"version", version()},
                {"admission", server_->address()},
                {"status", status_server_->address()},
                {"policy", policies_.get()->hash}});
    while (!wait_for(signals, limits::kReload)) poll();
    return leave(signals);
  }

 private:
  std::optional<Error> prepare_certificates() {
    auto trust = open_trust(options_, policies_, *pairs_, log_);
    if (!trust) return trust.error();
    trust_ = std::move(trust).value();
    if (!options_.certificates.empty()) return std::nullopt;
    if (!options_.self_signed) {
      certificate_files_.emplace(options_.tls_cert, options_.tls_key, read_key_file, *pairs_);
      poll_certificate();
      return std::nullopt;
    }
    Result<SelfSigned> made =
        SelfSigned::create(std::chrono::system_clock::now(), {"127.0.0.1", "::1"}, *pairs_);
    if (!made) return made.error();
    self_signed_.emplace(std::move(made).value());
    const Result<std::string> bundle = self_signed_->ca_bundle();
    if (!bundle) return bundle.error();
    // Longer than a value of the log may be, and not a secret: for whoever tries this out.
    std::cerr << "pxguard serve: self-signed; caBundle: " << *bundle << '\n';
    poll_certificate();
    return std::nullopt;
  }

  std::optional<Error> open_cluster() {
    auto cluster = LiveCluster::open(options_.cluster, policies_, log_);
    if (!cluster) return cluster.error();
    cluster_ = std::move(cluster).value();
    if (!cluster_) return std::nullopt;
    admissions_.set_snapshots([this] { return cluster_->get(); });
    admissions_.set_on_answered(
        [this](const webhook::Summary& summary) { cluster_->answered(summary); });
    status_.set_wait_for([this] { return cluster_->why_not_ready(); });
    return std::nullopt;
  }

  std::optional<Error> open() {
    if (!options_.client_ca.empty()) {
      const certs::FileSource::Look look = client_ca_.poll();
      if (look.change != certs::FileSource::Change::Replaced)
        return Error{Error::Code::Unavailable, look.why};
    }
    Result<certs::ServerContext> tls =
        certs::server_context(pairs_, options_.client_ca.empty() ? nullptr : clients_);
    if (!tls) return tls.error();
    auto status_server = webhook::Server::open(
        {.address = options_.status_listen,
         .routes = webhook::Status::routes(),
         .workers = 1,
         .body_limit = limits::kStatusBody,
         .connections = limits::kStatusConnections},
        [this](const webhook::Request& request) { return status_.answer(request); });
    if (!status_server) return status_server.error();
    status_server_ = std::move(status_server).value();
    auto server = webhook::Server::open(
        {.address = options_.listen,
         .routes = {{"POST", "/validate", limits::kValidateDeadline},
                    {"POST", webhook::kMutatePath, limits::kMutateDeadline}},
         .tls = std::move(tls).value(),
         .on_response = [this](int status) { metrics_.count_response(status); },
         .on_handshake_failure = [this](std::string_view why) { handshake_failures_.add(why); }},
        [this](const webhook::Request& request) { return admissions_.answer(request); });
    if (!server) return server.error();
    server_ = std::move(server).value();
    open_connections_ = server_.get();
    return std::nullopt;
  }

  void poll() try {
    poll_policy();
    poll_certificate();
    if (!options_.client_ca.empty()) poll_client_ca();
    handshake_failures_.write_to(log_);
  } catch (const std::bad_alloc&) {
    // What is in force stays so, and the files are there in a second as well.
    log_.write(LogLevel::Error, "no memory to read the files again");
  }

  void poll_client_ca() {
    const certs::FileSource::Look look = client_ca_.poll();
    if (look.change == certs::FileSource::Change::Refused) {
      log_.write(LogLevel::Error, "the CA for clients is refused, the one before it stays in force",
                 {{"why", look.why}});
    }
    if (look.change == certs::FileSource::Change::Replaced)
      log_.write(LogLevel::Info, "CA for clients loaded");
  }

  void poll_policy() {
    const PolicySource::Look look = policy_source_.poll();
    metrics_.set_policy_failing(policy_source_.is_failing());
    if (look.change == PolicySource::Change::Refused) {
      log_.write(LogLevel::Error, "the policy file is refused, the policy before it stays in force",
                 {{"why", look.why}});
    }
    if (look.change != PolicySource::Change::Replaced) return;
    say_policy();
    if (cluster_) cluster_->policy_changed();
    if (trust_) trust_->wake();
    log_.write(LogLevel::Info, "policy loaded", {{"policy", policies_.get()->hash}});
  }

  void say_policy() {
    metrics_.set_policy(policies_.get()->hash);
    status_.set_policy_loaded();
  }

  void poll_certificate() {
    bool replaced = false;
    std::string why;
    if (self_signed_) {
      const Result<bool> renewed = self_signed_->poll(std::chrono::system_clock::now());
      replaced = renewed && *renewed;
      if (!renewed) why = renewed.error().message;
    } else if (certificate_files_) {
      const certs::FileSource::Look look = certificate_files_->poll();
      replaced = look.change == certs::FileSource::Change::Replaced;
      why = look.why;
      metrics_.set_certificate_failing(certificate_files_->is_failing());
    } else {
      // The one who looks after the Secret publishes what is new.
      replaced = pairs_->get() != seen_pair_;
    }
    seen_pair_ = pairs_->get();
    if (!why.empty()) {
      log_.write(LogLevel::Error,
                 pairs_->get() == nullptr ? "there is no certificate to serve yet"
                                          : "the certificate is refused, the one before is served",
                 {{"why", why}});
    }
    if (seen_pair_ != nullptr) warn_of_expiry();
    if (!replaced) return;
    if (trust_) trust_->wake();
    const auto expiry = seen_pair_->not_after();
    metrics_.set_certificate_expiry(expiry);
    status_.set_certificate_loaded();
    log_.write(LogLevel::Info, "certificate loaded", {{"expires", time_text(expiry)}});
  }

  void warn_of_expiry() {
    const auto now = std::chrono::system_clock::now();
    const auto words =
        expiry_warning_.look({seen_pair_->not_before(), seen_pair_->not_after()}, now);
    if (words)
      log_.write(LogLevel::Warning, *words, {{"expires", time_text(seen_pair_->not_after())}});
  }

  // Endpoints are withdrawn while requests still come: those are answered, each as the last of its
  // connection. A second signal cuts that short.
  int leave(const sigset_t& signals) {
    status_.set_leaving();
    server_->lame_duck();
    if (trust_) trust_->rest();
    log_.write(LogLevel::Info, "stopping");
    // Half of it lets the endpoints go; then, while we still answer, the last one lets go of what
    // nobody will answer any more.
    constexpr std::chrono::milliseconds kHalf = std::chrono::milliseconds(limits::kLameDuck) / 2;
    const bool is_hurried = wait_for(signals, kHalf);
    std::future<void> trust_stop = std::async(std::launch::async, [this] {
      if (trust_) trust_->stop();
    });
    if (!is_hurried) wait_for(signals, kHalf);
    trust_stop.get();
    // Both at once: each may take as long as is left of the time that Kubernetes gives.
    std::future<bool> status_stop =
        std::async(std::launch::async, [this] { return status_server_->stop(); });
    std::future<void> cluster_stop = std::async(std::launch::async, [this] {
      if (cluster_) cluster_->stop();
    });
    const bool complete = server_->stop();
    const bool status_complete = status_stop.get();
    cluster_stop.get();
    log_.write(complete ? LogLevel::Info : LogLevel::Error, "stopped", {{"complete", complete}});
    if (complete && status_complete) return kFine;
    // A thread that does not come back still uses all of this.
    ::_exit(kOwnFault);
  }

  const ServeOptions options_;
  Log log_;
  webhook::Metrics metrics_{rule_ids()};
  Published<policy::Policy> policies_;
  std::shared_ptr<Published<certs::KeyPair>> pairs_ = std::make_shared<Published<certs::KeyPair>>();
  std::shared_ptr<Published<certs::ClientAuthorities>> clients_ =
      std::make_shared<Published<certs::ClientAuthorities>>();
  PolicySource policy_source_;
  certs::ClientAuthorityFile client_ca_;
  std::optional<certs::FileSource> certificate_files_;
  std::optional<SelfSigned> self_signed_;
  std::shared_ptr<const certs::KeyPair> seen_pair_;
  ExpiryWarning expiry_warning_;
  HandshakeFailures handshake_failures_;
  const model::EmptyView view_;
  Admissions admissions_{policies_, view_, metrics_, log_};
  std::unique_ptr<LiveCluster> cluster_;
  std::unique_ptr<TrustKeeper> trust_;
  std::atomic<webhook::Server*> open_connections_ = nullptr;
  webhook::Status status_{metrics_, [this] {
                            const webhook::Server* server = open_connections_;
                            return server == nullptr ? std::size_t{0} : server->connections();
                          }};
  std::unique_ptr<webhook::Server> status_server_;
  std::unique_ptr<webhook::Server> server_;
};

}  // namespace

int serve(const ServeOptions& options) {
  if (const std::string why = why_not_usable(options); !why.empty())
    return refuse(kWrongUsage, why);
  keep_memory_private();
  allow_descriptors();
  return Service(options).run();
}

}  // namespace pxguard::cli
