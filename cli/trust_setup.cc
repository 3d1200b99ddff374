#include "cli/trust_setup.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/cluster_access.h"
#include "rules/webhooks/webhooks.h"

namespace pxguard::cli {

std::optional<cluster::SecretPlace> place_of(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) return {};
  if (text.find('/', slash + 1) != std::string_view::npos) return {};
  return cluster::SecretPlace{std::string(text.substr(0, slash)),
                              std::string(text.substr(slash + 1))};
}

namespace {

using cluster::Activation;

struct ServiceAddress {
  cluster::SecretPlace place{};
  int port = 8443;
};

std::optional<ServiceAddress> service_of(std::string_view text) {
  const auto colon = text.find(':');
  const auto place = place_of(text.substr(0, colon));
  if (!place) return std::nullopt;
  ServiceAddress service{.place = *place};
  if (colon == std::string_view::npos) return service;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, service.port);
  const bool is_port = error == std::errc() && rest == end && service.port > 0;
  return is_port && service.port < 65'536 ? std::optional(service) : std::nullopt;
}

Activation activation_of(const ServeOptions& options, const policy::Policy& policy) {
  if (options.activation == "auto") return Activation::Auto;
  if (options.activation == "static") return Activation::Static;
  if (options.activation == "none" || options.certificates.empty()) return Activation::None;
  return policy.activation == "manual" ? Activation::Static : Activation::Auto;
}

}  // namespace

std::optional<cluster::SecretPlace> secret_place(std::string_view text) {
  constexpr std::string_view kSecret = "secret=";
  if (!text.starts_with(kSecret)) return std::nullopt;
  return place_of(text.substr(kSecret.size()));
}

std::vector<std::string> names_of_service(const cluster::SecretPlace& service) {
  const std::string name = service.name + '.' + service.ns + ".svc";
  return {name, name + ".cluster.local"};
}

std::string why_not_usable(const ServeOptions& options) {
  const bool has_files = !options.tls_cert.empty() && !options.tls_key.empty();
  const bool has_secret = !options.certificates.empty();
  if (has_files + options.self_signed + has_secret != 1)
    return "give --tls-cert and --tls-key, --certificates secret=NAMESPACE/NAME, or --self-signed";
  if (has_secret && !secret_place(options.certificates)) {
    return fmt::format("--certificates takes secret=NAMESPACE/NAME, not \"{}\"",
                       printable(options.certificates, 80));
  }
  const std::string& activation = options.activation;
  if (!activation.empty() && activation != "auto" && activation != "static" && activation != "none")
    return fmt::format("--activation takes auto, static or none, not \"{}\"",
                       printable(activation, 40));
  if (!service_of(options.service)) {
    return fmt::format("--service takes NAMESPACE/NAME or NAMESPACE/NAME:PORT, not \"{}\"",
                       printable(options.service, 80));
  }
  const bool publishes = activation == "auto" || activation == "static";
  if (publishes && !has_secret && options.tls_ca.empty())
    return "--activation " + activation + " needs the CA for the caBundle: give --tls-ca";
  return {};
}

Result<std::unique_ptr<TrustKeeper>> open_trust(const ServeOptions& options,
                                                const Published<policy::Policy>& policies,
                                                Published<certs::KeyPair>& pairs, Log& log) {
  const auto secret = secret_place(options.certificates);
  const Activation activation = activation_of(options, *policies.get());
  if (!secret && activation == Activation::None) return std::unique_ptr<TrustKeeper>();
  const auto around = cluster::Surroundings::here();
  if (!wants_cluster(options.cluster, around)) {
    return Error{Error::Code::Invalid,
                 "--certificates and --activation need the API server: give --cluster"};
  }
  const auto access = find_cluster(options.cluster, "", around);
  if (!access) return access.error();
  const ServiceAddress service = *service_of(options.service);
  TrustKeeper::Options keeper{.connect = [access = *access] { return access.connect(); },
                              .trust = {}};
  cluster::Trust::Options& trust = keeper.trust;
  if (secret) trust.secret = *secret;
  trust.names = names_of_service(service.place);
  trust.terms.trust_delay = std::chrono::seconds(options.trust_delay);
  trust.activation = activation;
  trust.configuration = webhooks::kConfigurationName;
  trust.service = service.place;
  trust.pod = own_name();
  trust.objects = [&policies, service](const std::string& bundle) {
    return webhooks::to_objects(webhooks::configurations_for(*policies.get(), service.place.ns),
                                {.service_namespace = service.place.ns,
                                 .service_name = service.place.name,
                                 .service_port = service.port,
                                 .url = {},
                                 .ca_bundle = bundle});
  };
  trust.bundle = [path = options.tls_ca] {
    auto pem = read_file(path, limits::kKeyFile);
    return pem ? std::move(pem).value() : std::string();
  };
  return std::make_unique<TrustKeeper>(std::move(keeper), pairs, log);
}

}  // namespace pxguard::cli
