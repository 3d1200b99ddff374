#include "cli/serve.h"

#include <fmt/format.h>
#include <sys/prctl.h>
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
#include <mutex>
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
#include "cli/log.h"
#include "cli/policy_source.h"
#include "cli/version.h"
#include "rules/catalogue.h"
#include "webhook/server.h"
#include "webhook/status.h"

namespace pxguard::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kStopped = 0;
constexpr int kWrongUse = 2;
constexpr int kUnavailable = 3;
constexpr int kOurFault = 5;
constexpr auto kBetweenWords = std::chrono::minutes(1);

int refuse(int status, std::string_view why) {
  std::cerr << "pxguard serve: " << why << '\n';
  return status;
}

// Requests carry secrets: their bytes must not end up in a core file, nor be read by a debugger of
// the same user.
void keep_memory_private() {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
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

// The last reason, and how many there were: a client that trusts another CA tries for ever, and
// would fill the log.
class HandshakeFailures {
 public:
  void add(std::string_view reason) {
    const std::lock_guard lock(mutex_);
    ++count_;
    reason_ = reason;
  }
  void write_to(Log& log) {
    const std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    if (count_ == 0 || now < next_) return;
    log.write(LogLevel::Warning, "TLS handshakes failed",
              {{"count", std::exchange(count_, 0)}, {"last", reason_}});
    next_ = now + kBetweenWords;
  }

 private:
  std::mutex mutex_;
  std::int64_t count_ = 0;
  std::string reason_;
  Clock::time_point next_{};
};

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
    if (look.change == PolicySource::Change::Refused) return refuse(kWrongUse, look.why);
    say_policy();
    if (const std::optional<Error> error = prepare_certificates()) {
      return refuse(kUnavailable, error->message);
    }
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
    // /mutate follows with the first rule that repairs; until then it is a 404, which the Ignore
    // of its entry passes over.
    auto server = webhook::Server::open(
        {.address = options_.listen,
         .routes = {{"POST", "/validate", limits::kValidateDeadline}},
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
    } else {
      const certs::FileSource::Look look = certificate_files_->poll();
      replaced = look.change == certs::FileSource::Change::Replaced;
      why = look.why;
      metrics_.set_certificate_failing(certificate_files_->is_failing());
    }
    if (!why.empty()) {
      log_.write(LogLevel::Error,
                 pairs_->get() == nullptr ? "there is no certificate to serve yet"
                                          : "the certificate is refused, the one before is served",
                 {{"why", why}});
    }
    if (!replaced) return;
    const auto expiry = pairs_->get()->not_after();
    metrics_.set_certificate_expiry(expiry);
    status_.set_certificate_loaded();
    log_.write(LogLevel::Info, "certificate loaded", {{"expires", time_text(expiry)}});
  }

  // Endpoints are withdrawn while requests still come: those are answered, each as the last of its
  // connection. A second signal cuts that short.
  int leave(const sigset_t& signals) {
    status_.set_leaving();
    server_->lame_duck();
    log_.write(LogLevel::Info, "stopping");
    wait_for(signals, limits::kLameDuck);
    // Both at once: each may take as long as is left of the time that Kubernetes gives.
    std::future<bool> status_stop =
        std::async(std::launch::async, [this] { return status_server_->stop(); });
    const bool complete = server_->stop();
    const bool status_complete = status_stop.get();
    log_.write(complete ? LogLevel::Info : LogLevel::Error, "stopped", {{"complete", complete}});
    if (complete && status_complete) return kStopped;
    // A thread that does not come back still uses all of this.
    ::_exit(kOurFault);
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
  HandshakeFailures handshake_failures_;
  const model::EmptyView view_;
  Admissions admissions_{policies_, view_, metrics_, log_};
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
  if (!options.cluster.empty() && options.cluster != "none") {
    return refuse(kWrongUse, "the live view of a cluster is not built yet; use --cluster none");
  }
  const bool has_files = !options.tls_cert.empty() && !options.tls_key.empty();
  if (has_files == options.self_signed) {
    return refuse(kWrongUse, "give --tls-cert and --tls-key, or --self-signed");
  }
  keep_memory_private();
  allow_descriptors();
  return Service(options).run();
}

}  // namespace pxguard::cli
