#include "cli/certificates.h"

#include <memory>
#include <utility>

#include "base/base64.h"

namespace pxguard::cli {
namespace {

using namespace std::chrono_literals;

// Clocks of two machines differ; a certificate that is not valid yet is no use to anybody.
constexpr auto kClocksDiffer = 1h;
constexpr auto kAuthorityLife = std::chrono::hours(24) * 3650;
constexpr auto kBetweenWarnings = 24h;
constexpr auto kLeafLife = std::chrono::hours(24) * 90;

}  // namespace

std::vector<std::string> service_names() {
  return {"pxguard.pxguard.svc", "pxguard.pxguard.svc.cluster.local"};
}

certs::Validity valid_for(std::chrono::hours life, CertificateTime now) {
  return {now - kClocksDiffer, now + life};
}

Result<certs::Authority> new_authority(CertificateTime now) {
  return certs::Authority::create("pxguard", valid_for(kAuthorityLife, now));
}

std::optional<std::string_view> ExpiryWarning::look(certs::Validity validity, CertificateTime now) {
  // Whoever renews does so at two thirds; a quarter is left, and still nobody has.
  const auto late = validity.not_after - (validity.not_after - validity.not_before) / 4;
  if (now < late) {
    next_ = {};
    return std::nullopt;
  }
  const bool is_said = now < next_ && next_ - now <= kBetweenWarnings;
  if (is_said) return std::nullopt;
  next_ = now + kBetweenWarnings;
  if (now >= validity.not_after)
    return "the certificate has expired: the API server does not call us any more";
  return "the certificate expires soon, and nobody has renewed it";
}

SelfSigned::SelfSigned(certs::Authority authority, std::vector<std::string> ip_addresses,
                       Published<certs::KeyPair>& pairs)
    : authority_(std::move(authority)), ip_addresses_(std::move(ip_addresses)), pairs_(&pairs) {}

Result<SelfSigned> SelfSigned::create(Time now, std::vector<std::string> ip_addresses,
                                      Published<certs::KeyPair>& pairs) {
  Result<certs::Authority> authority = new_authority(now);
  if (!authority) return authority.error();
  return SelfSigned(std::move(authority).value(), std::move(ip_addresses), pairs);
}

Result<bool> SelfSigned::poll(Time now) {
  const auto current = pairs_->get();
  if (current != nullptr &&
      !certs::is_due_for_renewal({current->not_before(), current->not_after()}, now)) {
    return false;
  }
  std::vector<std::string> names = service_names();
  names.emplace_back("localhost");
  const Result<certs::Issued> issued = authority_.issue({.common_name = names.front(),
                                                         .dns_names = names,
                                                         .ip_addresses = ip_addresses_,
                                                         .validity = valid_for(kLeafLife, now)});
  if (!issued) return issued.error();
  Result<certs::KeyPair> pair = issued->pair();
  if (!pair) return pair.error();
  pairs_->publish(std::make_shared<const certs::KeyPair>(std::move(pair).value()));
  return true;
}

Result<std::string> SelfSigned::ca_bundle() const {
  const Result<std::string> pem = authority_.certificate_pem();
  if (!pem) return pem.error();
  return base64_encode(*pem);
}

}  // namespace pxguard::cli
