#include "certs/file_source.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/rfc3339.h"
#include "base/secret_value.h"
#include "certs/certificate.h"
#include "certs/openssl_handles.h"

namespace pxguard::certs {

std::optional<std::string> why_worse(const KeyPair& offered, const KeyPair& served,
                                     std::chrono::system_clock::time_point now) {
  const bool is_of_use = now >= served.not_before() && now < served.not_after();
  if (!is_of_use) return std::nullopt;
  if (now >= offered.not_after())
    return "the certificate has expired on " + time_text(offered.not_after());
  if (now < offered.not_before())
    return "the certificate is not valid before " + time_text(offered.not_before());
  const Certificate next = leaf_of(offered);
  const Certificate current = leaf_of(served);
  for (const std::string& name : current.names) {
    if (!next.is_for(name))
      return fmt::format("the certificate is not for {}, for which the one that is served is",
                         name);
  }
  const bool has_chain = sk_X509_num(offered.chain()) > 0;
  if (!has_chain && sk_X509_num(served.chain()) > 0 && next.issuer == current.issuer)
    return "the certificate of its issuer is missing behind it: " + next.issuer;
  return std::nullopt;
}

FileSource::FileSource(std::string certificate_path, std::string key_path, FileReader read,
                       Published<KeyPair>& pairs)
    : certificate_path_(std::move(certificate_path)),
      key_path_(std::move(key_path)),
      read_(std::move(read)),
      pairs_(pairs) {}

FileSource::Look FileSource::poll(std::chrono::system_clock::time_point now) {
  const Result<std::string> certificate = read_(certificate_path_);
  if (!certificate) return refuse(certificate.error().message, certificate.error().message);
  const Result<std::string> key = read_(key_path_);
  if (!key) return refuse(key.error().message, key.error().message);

  const std::string seen = keyed_digest(*certificate) + keyed_digest(*key);
  if (seen == served_) {
    failing_ = false;
    refused_.clear();
    return {};
  }
  Result<KeyPair> pair = KeyPair::parse(*certificate, *key);
  if (!pair) return refuse(seen, pair.error().message);
  if (const auto served = pairs_.get()) {
    if (const auto why = why_worse(*pair, *served, now)) return refuse(seen, *why);
  }
  pairs_.publish(std::make_shared<const KeyPair>(std::move(pair).value()));
  served_ = seen;
  refused_.clear();
  failing_ = false;
  return {Change::Replaced, {}};
}

FileSource::Look FileSource::refuse(const std::string& seen, const std::string& why) {
  // A mounted Secret changes by one rename under our feet. Whoever reads the certificate before it
  // and the key after it holds halves of two generations: that is only worth a word if it is still
  // so at the next look, or if there is nothing to serve meanwhile.
  if (seen != refused_) {
    refused_ = seen;
    said_ = false;
    if (!served_.empty()) return {};
  }
  if (said_) return {};
  said_ = true;
  failing_ = true;
  return {Change::Refused, fmt::format("{} and {}: {}", certificate_path_, key_path_, why)};
}

}  // namespace pxguard::certs
