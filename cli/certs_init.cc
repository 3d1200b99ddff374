#include "cli/certs_init.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iostream>
#include <optional>
#include <utility>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "certs/authority.h"
#include "cli/certificates.h"
#include "cli/exit_status.h"

namespace pxguard::cli {
namespace {

using Time = std::chrono::system_clock::time_point;

constexpr auto kDay = std::chrono::hours(24);
constexpr int kMostDays = 3650;

// What went wrong, and with which status to say so.
struct Refusal {
  int status;
  std::string why;
};

struct Paths {
  explicit Paths(const std::string& folder)
      : ca_certificate(folder + "/ca.crt"),
        ca_key(folder + "/ca.key"),
        certificate(folder + "/tls.crt"),
        key(folder + "/tls.key") {}
  std::string ca_certificate, ca_key, certificate, key;
};

bool exists(const std::string& path) { return path_info(path).has_value(); }

Refusal about(const std::string& path, const Error& error) {
  return {kUnavailable, fmt::format("{}: {}", printable(path, 200), error.message)};
}

std::optional<Refusal> prepare(const std::string& folder, const Paths& paths) {
  if (const auto made = make_folder(folder); !made) return about(folder, made.error());
  for (const std::string& path : {paths.certificate, paths.key}) {
    if (exists(path)) {
      return Refusal{kUnavailable,
                     fmt::format("{} is there already: move it away, or choose another folder "
                                 "with --out",
                                 printable(path, 200))};
    }
  }
  if (exists(paths.ca_certificate) == exists(paths.ca_key)) return std::nullopt;
  return Refusal{kUnavailable,
                 fmt::format("of {} and {} one is missing: a CA is both, or neither for a new one",
                             printable(paths.ca_certificate, 200), printable(paths.ca_key, 200))};
}

Result<certs::Authority> load(const Paths& paths) {
  const Result<std::string> certificate = read_file(paths.ca_certificate, limits::kKeyFile);
  if (!certificate) return certificate.error();
  const Result<std::string> key = read_file(paths.ca_key, limits::kKeyFile);
  if (!key) return key.error();
  return certs::Authority::load(*certificate, *key);
}

std::optional<Error> keep(const certs::Authority& authority, const Paths& paths) {
  const Result<certs::Issued> files = authority.exported();
  return files ? files->write_to(paths.ca_certificate, paths.ca_key) : files.error();
}

certs::LeafRequest wanted(const CertsInitOptions& options, Time now) {
  certs::LeafRequest request{.dns_names = options.dns_names,
                             .ip_addresses = options.ip_addresses,
                             .validity = valid_for(kDay * options.days, now)};
  if (request.dns_names.empty() && request.ip_addresses.empty()) {
    request.dns_names = service_names();
  }
  request.common_name =
      request.dns_names.empty() ? request.ip_addresses.front() : request.dns_names.front();
  return request;
}

std::string date(Time time) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string report(const Paths& paths, const certs::LeafRequest& request, bool is_old_authority,
                   Time authority_ends) {
  std::vector<std::string> names = request.dns_names;
  names.insert(names.end(), request.ip_addresses.begin(), request.ip_addresses.end());
  return fmt::format(
      "{} and {}, signed by {} {}\n"
      "  for    {}\n"
      "  until  {}; the CA until {}\n"
      "  next   kubectl create secret tls pxguard-tls -n pxguard --cert={} --key={}\n"
      "         and put the base64 of {} into each caBundle of the webhook configuration\n",
      paths.certificate, paths.key, is_old_authority ? "the CA that was there," : "a new CA,",
      paths.ca_certificate, join(names, ", "), date(request.validity.not_after),
      date(authority_ends), paths.certificate, paths.key, paths.ca_certificate);
}

std::optional<Refusal> write(const CertsInitOptions& options, Time now, std::ostream& out) {
  if (options.days < 1 || options.days > kMostDays) {
    return Refusal{kWrongUsage,
                   fmt::format("--days takes 1 to {}, not {}", kMostDays, options.days)};
  }
  const Paths paths(options.out);
  if (auto refusal = prepare(options.out, paths)) return refusal;
  const bool is_old_authority = exists(paths.ca_certificate);
  const Result<certs::Authority> signer = is_old_authority ? load(paths) : new_authority(now);
  if (!signer) return about(paths.ca_certificate, signer.error());
  const certs::LeafRequest request = wanted(options, now);
  const Result<certs::Issued> issued = signer->issue(request);
  if (!issued) return Refusal{kWrongUsage, issued.error().message};
  if (!is_old_authority) {
    if (const auto error = keep(*signer, paths)) return about(paths.ca_certificate, *error);
  }
  if (const auto error = issued->write_to(paths.certificate, paths.key))
    return about(paths.certificate, *error);
  out << report(paths, request, is_old_authority, signer->validity().not_after);
  return std::nullopt;
}

}  // namespace

int init_certs(const CertsInitOptions& options, Time now, std::ostream& out, std::ostream& err) {
  const auto refusal = write(options, now, out);
  if (!refusal) return kFine;
  err << "pxguard certs init: " << refusal->why << '\n';
  return refusal->status;
}

int init_certs(const CertsInitOptions& options) {
  return init_certs(options, std::chrono::system_clock::now(), std::cout, std::cerr);
}

}  // namespace pxguard::cli
