#include "cluster/access.h"

#include <array>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/wiped.h"
#include "cluster/http_transport.h"
#include "cluster/kubeconfig.h"

namespace pxguard::cluster {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return value != nullptr ? value : "";
}

Result<KubeconfigFile> read_one(const std::string& path) {
  auto text = read_file(path, limits::kKubeconfig);
  if (!text) return Error{text.error().code, path + ": " + text.error().message};
  return KubeconfigFile{path, std::move(*text)};
}

// Files of $KUBECONFIG that are not there are no error, as for kubectl, unless none is.
Result<std::vector<KubeconfigFile>> read_each(const std::string& paths) {
  std::vector<KubeconfigFile> files;
  for (const std::string_view path : split(paths, ':')) {
    if (path.empty()) continue;
    auto file = read_one(std::string(path));
    if (!file && file.error().code == Error::Code::NotFound) continue;
    if (!file) return file.error();
    files.push_back(std::move(*file));
  }
  if (!files.empty()) return files;
  return Error{Error::Code::NotFound, "KUBECONFIG: none of its files is there"};
}

Result<Setup> setup_of(std::vector<KubeconfigFile> files, const std::string& context) {
  auto setup = read_kubeconfig(files, context);
  for (KubeconfigFile& file : files) wipe(file.text);
  return setup;
}

Result<Setup> service_account(const Surroundings& around) {
  if (around.service_host.empty() || around.service_port.empty()) {
    return Error{Error::Code::NotFound,
                 "there is neither a kubeconfig nor a service account: give --kubeconfig, or set "
                 "KUBECONFIG"};
  }
  const std::string& folder = around.service_account;
  auto authorities = read_file(folder + "/ca.crt", limits::kKeyFile);
  if (!authorities)
    return Error{authorities.error().code, folder + "/ca.crt: " + authorities.error().message};
  const auto usable = trim(*authorities).empty() ? Error{Error::Code::Invalid, "it is empty"}
                                                 : certs::client_context(*authorities, nullptr);
  if (!usable) return Error{usable.error().code, folder + "/ca.crt: " + usable.error().message};
  Setup setup;
  const bool is_v6 = around.service_host.find(':') != std::string::npos;
  setup.server = fmt::format(fmt::runtime(is_v6 ? "https://[{}]:{}" : "https://{}:{}"),
                             around.service_host, around.service_port);
  auto endpoint = Endpoint::parse(setup.server);
  if (!endpoint) {
    return Error{endpoint.error().code, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: " +
                                            endpoint.error().message};
  }
  setup.endpoint = std::move(*endpoint);
  setup.authorities = std::move(*authorities);
  setup.origin = "the service account of this Pod";
  setup.user.origin = setup.origin;
  setup.user.token.path = folder + "/token";
  const auto ns = read_file(folder + "/namespace", limits::kToken);
  if (ns && !trim(*ns).empty()) setup.ns = trim(*ns);
  return setup;
}

Result<Setup> find_setup(const Access::Options& options, const Surroundings& around) {
  if (!options.kubeconfig.empty()) {
    auto file = read_one(options.kubeconfig);
    if (!file) return file.error();
    std::vector<KubeconfigFile> files;
    files.push_back(std::move(*file));
    return setup_of(std::move(files), options.context);
  }
  if (!around.kubeconfig.empty()) {
    auto files = read_each(around.kubeconfig);
    if (!files) return files.error();
    return setup_of(std::move(*files), options.context);
  }
  if (!around.home.empty()) {
    auto files = read_each(around.home + "/.kube/config");
    if (files) return setup_of(std::move(*files), options.context);
    if (files.error().code != Error::Code::NotFound) return files.error();
  }
  if (!options.context.empty()) {
    return Error{Error::Code::NotFound,
                 "--context: there is no kubeconfig that could have it; give --kubeconfig"};
  }
  return service_account(around);
}

}  // namespace

Surroundings Surroundings::here() {
  return {.kubeconfig = variable("KUBECONFIG"),
          .home = variable("HOME"),
          .service_host = variable("KUBERNETES_SERVICE_HOST"),
          .service_port = variable("KUBERNETES_SERVICE_PORT")};
}

class Access::State {
 public:
  explicit State(Setup setup)
      : server(std::move(setup.server)),
        ns(std::move(setup.ns)),
        origin(std::move(setup.origin)),
        endpoint(std::move(setup.endpoint)),
        authorities(std::move(setup.authorities)),
        source(std::move(setup.user)) {}

  const std::string server;
  const std::string ns;
  const std::string origin;
  const Endpoint endpoint;
  const std::string authorities;
  CredentialSource source;
};

// Requests with the credentials of the moment.
class Access::Authenticated final : public Transport {
 public:
  explicit Authenticated(std::shared_ptr<State> state) : state_(std::move(state)) {}

  Answer<Response> send(const Request& request) override {
    return ask([&request](Transport& inner) { return inner.send(request); });
  }
  Answer<Response> stream(const Request& request, const OnBytes& on_bytes) override {
    return ask([&](Transport& inner) { return inner.stream(request, on_bytes); });
  }
  void interrupt() override {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
    if (inner_) inner_->interrupt();
  }

 private:
  using Clock = CredentialSource::Clock;

  template <class Once>
  Answer<Response> ask(const Once& once) {
    auto credentials = state_->source.current(Clock::now());
    if (auto failure = use(credentials)) return *failure;
    auto response = once(*inner_);
    if (!response || response->status != 401) return response;
    credentials = state_->source.instead_of(used_, Clock::now());
    // The same again, or none: the server's answer says it best.
    if (!credentials || *credentials == used_) return response;
    wipe(response->body);
    if (auto failure = use(credentials)) return *failure;
    return once(*inner_);
  }

  std::optional<Failure> use(const Result<SharedCredentials>& credentials) {
    using Kind = Failure::Kind;
    if (!credentials)
      return Failure{Kind::Unauthorized, printable(credentials.error().message, 300)};
    if (inner_ && *credentials == used_) return std::nullopt;
    const Credentials& now = **credentials;
    auto context = certs::client_context(state_->authorities, now.pair ? &*now.pair : nullptr);
    if (!context) return Failure{Kind::Unauthorized, context.error().message};
    auto inner = std::make_unique<HttpTransport>(
        HttpTransport::Options{.endpoint = state_->endpoint,
                               .context = std::move(*context),
                               .token = SecretValue(now.token.expose())});
    const std::lock_guard lock(mutex_);
    inner_ = std::move(inner);
    used_ = *credentials;
    if (is_stopped_) inner_->interrupt();
    return std::nullopt;
  }

  const std::shared_ptr<State> state_;
  SharedCredentials used_;
  std::mutex mutex_;  // inner_ is replaced while somebody interrupts
  std::unique_ptr<HttpTransport> inner_;
  bool is_stopped_ = false;
};

Result<Access> Access::find(const Options& options, const Surroundings& around) {
  auto setup = find_setup(options, around);
  if (!setup) return setup.error();
  return Access(std::make_shared<State>(std::move(*setup)));
}

std::unique_ptr<Client> Access::connect() const {
  return std::make_unique<Client>(std::make_unique<Authenticated>(state_));
}

const std::string& Access::server() const { return state_->server; }
const std::string& Access::ns() const { return state_->ns; }
const std::string& Access::origin() const { return state_->origin; }

}  // namespace pxguard::cluster
