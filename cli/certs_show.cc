#include "cli/certs_show.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/rfc3339.h"
#include "base/secret_value.h"
#include "base/text.h"
#include "certs/certificate.h"
#include "cli/cluster_access.h"
#include "cli/exit_status.h"
#include "cli/trust_setup.h"
#include "cluster/certificate_secret.h"
#include "cluster/webhook_configuration.h"

namespace pxguard::cli {
namespace {

using Time = std::chrono::system_clock::time_point;
using Json = nlohmann::ordered_json;

int refuse(std::ostream& err, int status, std::string_view why) {
  err << "pxguard certs: " << why << '\n';
  return status;
}

// Of one certificate, by what it is for.
struct CertificateLine {
  std::string role;  // "serving", "CA", "next CA", "old CA", or a file
  certs::Certificate certificate;
  std::string fault{};
};

struct PublishedBundle {
  std::string kind;
  std::string entry;
  bool is_closed = false;
  std::vector<std::string> authorities{};  // fingerprints
  std::string why_not_trusted{};           // "": it trusts the serving certificate
};

struct Report {
  std::string source;
  std::vector<CertificateLine> lines{};
  std::vector<PublishedBundle> published{};
  std::string old_until{};
};

std::string fault_of(const certs::Certificate& certificate, Time now) {
  const certs::Validity& validity = certificate.validity;
  if (now >= validity.not_after) return "expired";
  if (now < validity.not_before) return "not valid yet";
  const auto late = validity.not_after - (validity.not_after - validity.not_before) / 4;
  return now >= late ? "expires soon" : "";
}

std::string days_left(const certs::Certificate& certificate, Time now) {
  const auto days =
      std::chrono::floor<std::chrono::hours>(certificate.validity.not_after - now) / 24;
  return days.count() < 0 ? fmt::format("for {} days no more", -days.count())
                          : fmt::format("{} days left", days.count());
}

void add(Report& report, const std::string& role, std::string_view pem, Time now) {
  for (certs::Certificate& one : certs::certificates_in(pem)) {
    std::string fault = fault_of(one, now);
    report.lines.push_back({role, std::move(one), std::move(fault)});
  }
}

std::string as_text(const Report& report, Time now) {
  std::string text = report.source + '\n';
  for (const CertificateLine& line : report.lines) {
    const certs::Certificate& one = line.certificate;
    text += fmt::format("  {:<8} {}\n", line.role, one.subject);
    if (!one.names.empty()) text += fmt::format("    names  {}\n", join(one.names, ", "));
    text += fmt::format("    valid  {} to {}, {}{}\n", time_text(one.validity.not_before),
                        time_text(one.validity.not_after), days_left(one, now),
                        line.fault.empty() ? "" : " -- " + line.fault);
    text += fmt::format("    sha256 {}\n", one.id);
  }
  if (!report.old_until.empty())
    text += fmt::format("  the old CA stays published until {}\n", report.old_until);
  if (!report.published.empty()) text += "published\n";
  for (const PublishedBundle& one : report.published) {
    std::vector<std::string> ids;
    for (const std::string& id : one.authorities) ids.push_back(id.substr(0, 12));
    text += fmt::format("  {} {} ({})\n    bundle {}\n", one.kind, one.entry,
                        one.is_closed ? "Fail" : "Ignore", ids.empty() ? "none" : join(ids, ", "));
    text += fmt::format("    {}\n",
                        one.why_not_trusted.empty()
                            ? "trusts the serving certificate"
                            : "does not trust the serving certificate: " + one.why_not_trusted);
  }
  return text;
}

std::string as_json(const Report& report) {
  Json json = {{"source", report.source}, {"certificates", Json::array()}};
  for (const CertificateLine& line : report.lines) {
    const certs::Certificate& one = line.certificate;
    json["certificates"].push_back({{"role", line.role},
                                    {"subject", one.subject},
                                    {"issuer", one.issuer},
                                    {"names", one.names},
                                    {"notBefore", time_text(one.validity.not_before)},
                                    {"notAfter", time_text(one.validity.not_after)},
                                    {"sha256", one.id},
                                    {"fault", line.fault}});
  }
  if (!report.old_until.empty()) json["oldUntil"] = report.old_until;
  json["published"] = Json::array();
  for (const PublishedBundle& one : report.published) {
    json["published"].push_back({{"kind", one.kind},
                                 {"entry", one.entry},
                                 {"failurePolicy", one.is_closed ? "Fail" : "Ignore"},
                                 {"authorities", one.authorities},
                                 {"notTrusted", one.why_not_trusted}});
  }
  return json.dump(2) + '\n';
}

int deliver(const CertsShowOptions& options, const Report& report, Time now, std::ostream& out) {
  out << (options.format == "json" ? as_json(report) : as_text(report, now));
  // An old CA may well expire before it is dropped.
  const bool is_bad =
      std::any_of(report.lines.begin(), report.lines.end(),
                  [](const CertificateLine& line) {
                    return !line.fault.empty() && line.role != "old CA";
                  }) ||
      std::any_of(report.published.begin(), report.published.end(),
                  [](const PublishedBundle& one) { return !one.why_not_trusted.empty(); });
  return is_bad ? kFindings : kFine;
}

int show_files(const CertsShowOptions& options, Time now, std::ostream& out, std::ostream& err) {
  Report report{.source = "files"};
  for (const std::string& path : options.files) {
    const auto pem = read_file(path, limits::kKeyFile);
    if (!pem) return refuse(err, kUnavailable, printable(path, 200) + ": " + pem.error().message);
    const std::size_t before = report.lines.size();
    add(report, printable(path, 200), *pem, now);
    if (report.lines.size() == before)
      return refuse(err, kUnavailable,
                    printable(path, 200) + ": there is no certificate in PEM form");
  }
  return deliver(options, report, now, out);
}

struct Leaf {
  std::optional<certs::KeyPair> pair{};
};

std::optional<cluster::Failure> read_secret(cluster::Client& client,
                                            const cluster::SecretPlace& place, Time now,
                                            Report& report, Leaf& leaf) {
  const auto found = client.get(cluster::certificate_secrets(), place.ns, place.name);
  if (!found) return found.error();
  const auto secret = cluster::CertificateSecret::read(found->root());
  const certs::Custody& custody = secret.custody;
  if (custody.leaf) {
    add(report, "serving", custody.leaf->certificate_pem, now);
    auto pair = custody.leaf->pair();
    if (pair) leaf.pair = std::move(pair).value();
  }
  if (custody.active) add(report, "CA", custody.active->certificate_pem, now);
  if (custody.next) add(report, "next CA", custody.next->certificate_pem, now);
  add(report, "old CA", custody.old_pem, now);
  if (!custody.old_pem.empty()) report.old_until = time_text(custody.old_until);
  return std::nullopt;
}

std::optional<cluster::Failure> read_published(cluster::Client& client, const std::string& name,
                                               Time now, const Leaf& leaf, Report& report) {
  for (const auto* resource :
       {&cluster::validating_configurations(), &cluster::mutating_configurations()}) {
    const auto read = cluster::read_configuration(client, *resource, "pxguard");
    if (!read) return read.error();
    for (const cluster::WebhookEntry& entry : read->entries) {
      PublishedBundle one{resource->kind, printable(entry.name, 100), entry.is_closed};
      for (const certs::Certificate& authority : certs::certificates_in(entry.bundle))
        one.authorities.push_back(authority.id);
      const auto why = leaf.pair ? certs::why_not_trusted(*leaf.pair, entry.bundle, name, now)
                                 : std::optional<std::string>("there is none");
      one.why_not_trusted = why.value_or("");
      report.published.push_back(std::move(one));
    }
  }
  return std::nullopt;
}

}  // namespace

int show_certs(const CertsShowOptions& options, cluster::Client& client, Time now,
               std::ostream& out, std::ostream& err) {
  const auto place = place_of(options.secret);
  const auto service = place_of(options.service);
  if (!place || !service)
    return refuse(err, kWrongUsage, "--secret and --service take NAMESPACE/NAME");
  Report report{.source = "Secret " + options.secret};
  Leaf leaf;
  auto failure = read_secret(client, *place, now, report, leaf);
  if (!failure)
    failure = read_published(client, names_of_service(*service).front(), now, leaf, report);
  forget_stack();
  if (failure) return refuse(err, kUnavailable, options.secret + ": " + failure->message);
  return deliver(options, report, now, out);
}

int show_certs(const CertsShowOptions& options) {
  const Time now = std::chrono::system_clock::now();
  if (options.format != "text" && options.format != "json")
    return refuse(std::cerr, kWrongUsage, "--format takes text or json");
  if (!options.files.empty()) return show_files(options, now, std::cout, std::cerr);
  const auto access = find_cluster(options.cluster, options.context, cluster::Surroundings::here());
  if (!access) return refuse(std::cerr, kWrongUsage, access.error().message);
  return show_certs(options, *access->connect(), now, std::cout, std::cerr);
}

int rotate_certs(const CertsRotateOptions& options, cluster::Client& client, Time now,
                 std::ostream& out, std::ostream& err) {
  const auto place = place_of(options.secret);
  if (!place) return refuse(err, kWrongUsage, "--secret takes NAMESPACE/NAME");
  const std::string change =
      options.drop_old ? cluster::end_of_old(now) : cluster::rotation_request(time_text(now));
  const auto written = client.merge(cluster::certificate_secrets(), place->ns, place->name, change);
  if (!written) return refuse(err, kUnavailable, options.secret + ": " + written.error().message);
  if (options.drop_old) {
    out << "The old CA goes within seconds. What it signed is refused from then on.\n";
  } else {
    out << "A new CA is made, published beside the old one, and signs after a minute.\n"
           "The old one stays published while what it signed may still be served.\n"
           "  look  pxguard certs show --secret "
        << options.secret << "\n  if a key is known to others, when every replica serves the new\n"
        << "        certificate: pxguard certs rotate --drop-old --secret " << options.secret
        << '\n';
  }
  return kFine;
}

int rotate_certs(const CertsRotateOptions& options) {
  const auto access = find_cluster(options.cluster, options.context, cluster::Surroundings::here());
  if (!access) return refuse(std::cerr, kWrongUsage, access.error().message);
  return rotate_certs(options, *access->connect(), std::chrono::system_clock::now(), std::cout,
                      std::cerr);
}

}  // namespace pxguard::cli
