#include "certs/file_source.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/secret_value.h"

namespace pxguard::certs {

FileSource::FileSource(std::string certificate_path, std::string key_path, FileReader read,
                       Published<KeyPair>& pairs)
    : certificate_path_(std::move(certificate_path)),
      key_path_(std::move(key_path)),
      read_(std::move(read)),
      pairs_(pairs) {}

FileSource::Look FileSource::poll() {
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
